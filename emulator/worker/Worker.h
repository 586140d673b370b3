// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/base/Result.h"
#include "emulator/image/ImageSource.h"
#include "emulator/rpc/Upstream.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace emulator::worker {

/// Where a worker finds things.
struct WorkerOptions {
    std::filesystem::path home; ///< SLIPWAY_HOME, or a node's cache: layers and contents
    std::filesystem::path runFolder; ///< sockets and what tasks write; of this worker alone
    rpc::Upstream upstream; ///< of the control plane
    const Clock* clock = nullptr;

    /// Of a replica: it serves one task, brings what that needs, and ends with it.
    struct Replica {
        std::string node;
        std::string jobId;
        image::ImageSource* images = nullptr;
    };
    std::optional<Replica> replica;
};

/// Runs tasks and builds on one host for a control plane, whose restarts it survives: it dials out,
/// boots containers, gives each task its socket, streams output and usage, and says how each ended.
class Worker {
public:
    /// Fails when this machine allows no containers, saying how to get better.
    [[nodiscard]] static Result<std::unique_ptr<Worker>> create(const WorkerOptions& options);
    virtual ~Worker() = default;

    /// Works until `stop` fires (a replica also: until its task has ended, or the control plane
    /// does not want it any more); then ends every task and waits for the last report.
    virtual void run(std::stop_token stop) = 0;

    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

protected:
    Worker() = default;
};

} // namespace emulator::worker
