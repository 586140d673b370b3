// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/api/Methods.h"
#include "emulator/api/Service.h"
#include "emulator/base/Files.h"
#include "emulator/ingress/BlobServer.h"

#include <modal_proto/api.pb.h>

#include <atomic>
#include <mutex>
#include <string>

/// The client's protocol (Modal's api.proto).
namespace emulator::api {

namespace wire = ::modal::client;
using Empty = google::protobuf::Empty;

/// What handlers share besides the control plane.
struct Desk {
    explicit Desk(ServiceOptions given)
        : options(std::move(given))
    {
    }

    ServiceOptions options;
    Methods methods;
    Micros startedAt = 0;
    std::atomic<std::uint64_t> connections {0}; ///< of workers, counted

    /// HOME/blobs/sha256/<hex>, what MountPutFile brought.
    [[nodiscard]] std::filesystem::path contentPath(std::string_view sha256) const
    {
        return options.home / "blobs" / "sha256" / sha256;
    }

    void setServerUrl(std::string url)
    {
        const std::lock_guard lock(m_mutex);
        m_serverUrl = std::move(url);
    }
    [[nodiscard]] std::string serverUrl() const
    {
        const std::lock_guard lock(m_mutex);
        return m_serverUrl;
    }

private:
    mutable std::mutex m_mutex;
    std::string m_serverUrl;
};

/// Each adds the methods of its objects to the table.
void addApps(Desk& desk);
void addBlobs(Desk& desk);
void addCalls(Desk& desk);
void addClasses(Desk& desk);
void addContainers(Desk& desk);
void addDeployments(Desk& desk);
void addDicts(Desk& desk);
void addEnvironments(Desk& desk);
void addFunctions(Desk& desk);
void addGenerators(Desk& desk);
void addImages(Desk& desk);
void addInputs(Desk& desk);
void addLogHistory(Desk& desk);
void addLogs(Desk& desk);
void addMounts(Desk& desk);
void addQueues(Desk& desk);
void addSecrets(Desk& desk);
void addStudio(Desk& desk);
void addStudioStreams(Desk& desk);
void addStudioTargets(Desk& desk);
void addWorkers(Desk& desk);

/// The environment that an empty name means.
[[nodiscard]] inline std::string environmentOf(const std::string& name)
{
    return name.empty() ? "main" : name;
}

} // namespace emulator::api
