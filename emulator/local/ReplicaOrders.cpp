// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/local/ReplicaOrders.h"

#include "emulator/base/Files.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace emulator::local {
namespace {

constexpr std::size_t longestName = 100;

std::string variable(const char* name, const char* otherwise)
{
    const char* value = std::getenv(name);
    return value == nullptr ? otherwise : value;
}

} // namespace

std::string replicaName(const model::ReplicaBrief& brief)
{
    auto name = "slipway-" + brief.appName + "-" + brief.functionName;
    std::ranges::replace_if(
        name, [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_'; }, '-');
    name.resize(std::min(name.size(), longestName));
    return name + "-v" + std::to_string(brief.version);
}

std::filesystem::path ReplicaOrders::logOf(const std::string& replicaId) const
{
    return m_options.home / "logs" / "replicas" / (replicaId + ".log");
}

Result<model::ReplicaOrder> ReplicaOrders::prepare(const model::ReplicaBrief& brief) const
{
    // Said here, before a job holds a card that its function could not use.
    if (!brief.resources.gpu.empty() && !m_options.common.emulatedGpu)
        return Error(ErrorCode::FailedPrecondition,
                     "function " + brief.functionName + " asks for gpu=\"" + brief.resources.gpu
                         + "\", and this version of Slipway cannot give a container the GPUs of a "
                           "node; `slip cluster add NAME … --gpu emulated` gives it an emulated "
                           "card there, else deploy it without gpu=");
    auto file = m_options.common;
    file.replicaId = brief.replicaId;
    file.token = brief.token;
    const auto path = ReplicaFile::pathOf(m_options.home, brief.replicaId);
    TRY(file.write(path));

    const auto log = logOf(brief.replicaId);
    std::error_code failed;
    std::filesystem::create_directories(log.parent_path(), failed);
    if (failed)
        return errnoError("make folder " + log.parent_path().string(), failed.value());

    model::ReplicaOrder order;
    order.replicaId = brief.replicaId;
    order.name = replicaName(brief);
    order.comment = brief.deployment;
    order.resources = brief.resources;
    order.excludedNodes = brief.excludedNodes;
    order.command = {(m_options.programs / "slipway-worker").string(), "--replica", path.string()};
    order.environment = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                         {"LANG", "C.UTF-8"},
                         {"HOME", variable("HOME", "/")}};
    order.outputFile = log.string();
    return order;
}

void ReplicaOrders::discard(const std::string& replicaId) const
{
    std::error_code ignored;
    std::filesystem::remove(ReplicaFile::pathOf(m_options.home, replicaId), ignored);
}

} // namespace emulator::local
