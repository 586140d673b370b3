// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/model/WorkerPorts.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>

namespace emulator::rpc {

/// A worker's line to its control plane. Dials out, and again for as long as the worker lives:
/// events wait in memory, in order, until the control plane has stored them; commands come in as
/// they are given. Thread-safe.
class WorkerLink {
public:
    /// `hello` is asked at each new connection; `onCommand` runs on the link's own thread.
    WorkerLink(const std::filesystem::path& socket, std::function<model::WorkerHello()> hello,
               std::function<void(model::WorkerCommand)> onCommand);
    ~WorkerLink();

    /// Queues an event. It is numbered here, so that a repetition after a lost connection is seen
    /// as one.
    void report(model::WorkerEvent event);

    /// Blocks until every event reported so far has been stored, or `stop` fires.
    void flush(std::stop_token stop);

    WorkerLink(const WorkerLink&) = delete;
    WorkerLink& operator=(const WorkerLink&) = delete;

private:
    struct Wire;
    std::unique_ptr<Wire> m_wire;
};

} // namespace emulator::rpc
