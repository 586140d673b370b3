// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/model/WorkerPorts.h"
#include "emulator/rpc/Upstream.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace emulator::rpc {

/// A worker's line to its control plane. Dials out, and again for as long as the worker lives:
/// events wait in memory, in order, until the control plane has stored them; commands come in as
/// they are given. Thread-safe.
class WorkerLink {
public:
    struct Handlers {
        std::function<model::WorkerHello()> hello; ///< asked at each new connection
        std::function<void(model::WorkerCommand)> onCommand; ///< on the link's own thread
        /// The control plane does not take us (any more): a replica that has been superseded. The
        /// link has given up. On the link's own thread.
        std::function<void(const std::string& why)> onRefused;
    };

    WorkerLink(const Upstream& upstream, Handlers handlers);
    ~WorkerLink();

    /// Queues an event. It is numbered here, so that a repetition after a lost connection is seen
    /// as one.
    void report(model::WorkerEvent event);

    /// Blocks until every event reported so far has been stored, or `stop` fires.
    void flush(std::stop_token stop);

    /// Fetches a file that the control plane keeps (what MountPutFile brought), in pieces.
    [[nodiscard]] Result<> fetchContent(const std::string& sha256,
                                        const std::function<Result<>(std::string_view)>& onPiece,
                                        std::stop_token stop);

    WorkerLink(const WorkerLink&) = delete;
    WorkerLink& operator=(const WorkerLink&) = delete;

private:
    struct Wire;
    std::unique_ptr<Wire> m_wire;
};

} // namespace emulator::rpc
