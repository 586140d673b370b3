// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/base/Id.h"
#include "emulator/base/Result.h"
#include "emulator/control/Placement.h"
#include "emulator/rpc/Server.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace emulator::ingress {
class BlobServer;
}

namespace emulator::api {

class TargetDesk;

/// What the daemon's main knows and the service needs.
struct ServiceOptions {
    std::filesystem::path home; ///< the state is HOME/slipway.db, mounted files HOME/blobs/sha256
    const Clock& clock;
    IdSource& ids;
    const ingress::BlobServer& blobs; ///< outlives the service
    std::string tokenId; ///< what clients on TCP must send
    std::string tokenSecret;
    std::string version; ///< of Slipway
    std::vector<std::string> knownCards; ///< of gpus.json; empty: any name passes
    std::uint32_t maxTasks = 8; ///< containers at a time
    control::Placement::Options placement {}; ///< of a cluster's control plane
    std::string replicaBlobUrl; ///< "http://login1:43210", as nodes reach the blob server
    bool builds = true; ///< makes images that it does not have; a cluster takes them as they come
    std::function<void()> onShutdown; ///< the Shutdown call of the Studio API
    TargetDesk* targets = nullptr; ///< clusters; outlives the service; null: this one keeps none
};

/// The API of the control plane: the client's own, the worker's and the Studio's, behind one
/// handler.
///
/// Composition: make a BlobServer, then the Service, then rpc::Server with
/// `[&](auto call) { service->handle(std::move(call)); }`, then setServerUrl(). To end: shutdown()
/// on the service, then on the server. Thread-safe.
class Service {
public:
    /// Reads the state back; Io when the database is damaged.
    [[nodiscard]] static Result<std::unique_ptr<Service>> create(ServiceOptions options);
    virtual ~Service() = default;

    virtual void handle(std::shared_ptr<rpc::Call> call) = 0;

    /// What MODAL_SERVER_URL is to be set to; for Status.
    virtual void setServerUrl(std::string url) = 0;

    /// Something outside of the control plane that lists show has changed: a target.
    virtual void noteChange() = 0;

    /// Stores what is under way and answers nothing more. What runs goes on running.
    virtual void shutdown() = 0;

    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

protected:
    Service() = default;
};

} // namespace emulator::api
