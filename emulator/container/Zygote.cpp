// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/Zygote.h"

#include "emulator/base/Files.h"
#include "emulator/container/Message.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

extern const char* const slipwayZygoteScript; // resources/runtime/zygote.py

namespace emulator::container {
namespace {

/// Variables that the interpreter and the C library read once, when they start.
bool isReadAtStart(const std::string& name)
{
    constexpr std::array<std::string_view, 7> prefixes {"PYTHON",  "LD_",    "LC_", "LANG",
                                                        "MALLOC_", "GLIBC_", "PATH"};
    return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
        return name.compare(0, prefix.size(), prefix) == 0;
    });
}

std::string differingVariable(const std::map<std::string, std::string>& one,
                              const std::map<std::string, std::string>& other)
{
    for (const auto& [name, value] : one) {
        if (!isReadAtStart(name))
            continue;
        const auto found = other.find(name);
        if (found == other.end() || found->second != value)
            return name;
    }
    return {};
}

/// Any octets as text that JSON can hold: each becomes the character of that number.
std::string latin(std::string_view bytes)
{
    std::string text;
    for (const char each : bytes) {
        const auto byte = static_cast<unsigned char>(each);
        if (byte < 0x80) {
            text += each;
            continue;
        }
        text += static_cast<char>(0xc0 | (byte >> 6));
        text += static_cast<char>(0x80 | (byte & 0x3f));
    }
    return text;
}

bool same(const Mount& one, const Mount& other)
{
    return one.kind == other.kind && one.source == other.source && one.target == other.target;
}

} // namespace

std::string keyOf(const ContainerPlan& plan, const ZygotePlan& zygote)
{
    auto json = toJson(zygote);
    json["python"] = plan.argv[0];
    return pack(json);
}

std::string whyUnfit(const ContainerPlan& plan, const ZygotePlan& zygote)
{
    if (plan.argv.size() < 3 || plan.argv[1] != "-m")
        return "it does not run a Python module (python -m MODULE)";
    if (plan.privilege != Privilege::Function)
        return "builds are not forked";
    // Layers on top (the user's code) are fine: the child gets a root of its own, and what was
    // imported came from below.
    if (plan.layers.size() < zygote.layers.size()
        || !std::equal(zygote.layers.begin(), zygote.layers.end(), plan.layers.begin()))
        return "its layers do not begin with the zygote's";
    for (const auto& mount : zygote.mounts)
        if (std::none_of(plan.mounts.begin(), plan.mounts.end(),
                         [&](const Mount& each) { return same(each, mount); }))
            return "it does not mount the zygote's " + mount.target;
    auto variable = differingVariable(plan.environment, zygote.environment);
    if (variable.empty())
        variable = differingVariable(zygote.environment, plan.environment);
    if (!variable.empty())
        return "its " + variable + " is not the zygote's";
    return {};
}

ContainerPlan homeOf(const ContainerPlan& plan, const ZygotePlan& zygote,
                     const std::filesystem::path& stateFolder, std::uint64_t handle)
{
    ContainerPlan home;
    home.id = "zygote";
    home.layers = zygote.layers;
    home.writes
        = stateFolder / ("zygote." + std::to_string(::getpid()) + "." + std::to_string(handle));
    home.mounts = zygote.mounts;
    home.argv = {plan.argv[0], "-c",
                 "exec(compile(open(3, encoding='utf-8').read(), '<zygote>', 'exec'), {})"};
    home.environment = zygote.environment;
    home.hostname = "zygote";
    home.limits.processes = 0;
    return home;
}

Result<UniqueFd> openScript()
{
    UniqueFd file(::memfd_create("zygote.py", MFD_CLOEXEC));
    const auto size = static_cast<ssize_t>(std::strlen(slipwayZygoteScript));
    if (!file
        || ::pwrite(file.get(), slipwayZygoteScript, std::strlen(slipwayZygoteScript), 0) != size)
        return errnoError("write the zygote's program", errno);
    return file;
}

std::string enterText(const ContainerPlan& plan, const Capability& capability, const Json& room,
                      const Bytes& filter)
{
    Json argv = Json::array();
    for (const auto& argument : plan.argv)
        argv.push_back(latin(argument));
    Json environment = Json::object();
    for (const auto& [name, value] : plan.environment)
        environment[latin(name)] = latin(value);
    const bool watched = capability.limiter == Capability::Limiter::Watchdog;
    return Json {{"argv", std::move(argv)},
                 {"environment", std::move(environment)},
                 {"workingDirectory", latin(plan.workingDirectory)},
                 {"processes", watched ? plan.limits.processes : 0U},
                 {"oneId", capability.way == Capability::Way::SingleId},
                 {"user", room[0]},
                 {"group", room[1]},
                 {"groups", room[2]},
                 {"filter", toBase64(filter)}}
        .dump();
}

} // namespace emulator::container
