// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/worker/Replica.h"

#include "remote/registry/HttpRegistry.h"
#include "remote/registry/OciDirectory.h"
#include "remote/registry/Puller.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <random>

namespace app::worker {

using namespace emulator;
namespace fs = std::filesystem;
namespace registry = remote::registry;

namespace {

/// The node's name as its engine knows it.
std::string nodeName()
{
    if (const char* name = std::getenv("SLURMD_NODENAME"); name != nullptr && *name != '\0')
        return name;
    std::array<char, 256> name {};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

std::string jobId()
{
    const char* id = std::getenv("SLURM_JOB_ID");
    return id == nullptr ? "" : id;
}

} // namespace

Result<std::unique_ptr<Replica>> Replica::open(const fs::path& path, const Clock& clock)
{
    TRY_ASSIGN(auto file, local::ReplicaFile::read(path));
    TRY_ASSIGN(auto cache, emulator::worker::NodeCache::open(file.cache, file.replicaId));
    std::unique_ptr<Replica> replica(new Replica(std::move(file), std::move(cache)));
    TRY(replica->findImages(clock));
    replica->describe(clock);
    return replica;
}

Result<> Replica::findImages(const Clock& clock)
{
    if (m_file.registry.empty()) {
        TRY_ASSIGN(m_registry, registry::createOciDirectory(m_file.layout));
    } else {
        registry::HttpRegistryOptions options;
        options.url = m_file.registry;
        options.userName = m_file.registryUser;
        options.password = m_file.registryPassword;
        options.caFile = m_file.registryCertificate;
        TRY_ASSIGN(m_registry,
                   registry::createHttpRegistry(
                       std::move(options), clock,
                       [random = std::make_shared<std::mt19937_64>(std::random_device {}())] {
                           return std::uniform_real_distribution<double>()(*random);
                       }));
    }
    m_images = registry::createPuller(*m_registry);
    return {};
}

void Replica::describe(const Clock& clock)
{
    m_options.home = m_cache.folder();
    m_options.runFolder = m_cache.runFolder();
    m_options.clock = &clock;
    m_options.upstream.address = m_file.control;
    m_options.upstream.certificate = m_file.certificate;
    m_options.upstream.headers
        = {{"x-slipway-replica", m_file.replicaId}, {"x-slipway-token", m_file.token}};
    m_options.replica
        = emulator::worker::WorkerOptions::Replica {nodeName(), jobId(), m_images.get()};
}

} // namespace app::worker
