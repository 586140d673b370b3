// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Subprocess.h"

#include <filesystem>
#include <mutex>
#include <thread>

namespace emulator::local {

/// Keeps one worker alive for a home: waits until nobody holds the worker's lock and starts the
/// next. A worker outlives its daemon, so the one that a new daemon finds is kept.
class WorkerSupervisor {
public:
    /// `command` starts a worker that takes `lock`.
    WorkerSupervisor(std::filesystem::path lock, CommandLine command, std::filesystem::path log);

    /// Ends the worker gracefully and waits until it is gone; starts no other.
    void end();

    WorkerSupervisor(const WorkerSupervisor&) = delete;
    WorkerSupervisor& operator=(const WorkerSupervisor&) = delete;
    ~WorkerSupervisor() { end(); }

private:
    void supervise(const std::stop_token& stop);

    const std::filesystem::path m_lock;
    const CommandLine m_command;
    const std::filesystem::path m_log;
    std::mutex m_starting; ///< held while a worker is started, so that end() finds it
    int m_child = 0; ///< the worker that this daemon started, while it runs
    std::jthread m_thread;
};

} // namespace emulator::local
