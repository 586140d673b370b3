// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/RunRecord.h"
#include "emulator/base/UniqueFd.h"

#include <QByteArray>

#include <functional>
#include <optional>
#include <thread>

namespace app::client {

/// Follows a detached run from its first octet to its end, whoever started it and whether it still
/// runs or not. What it sees is told on a thread of its own; destroying it leaves the run alone.
class RunFollower {
public:
    struct Listener {
        std::function<void(int descriptor, const QByteArray& piece)> onOutput;
        /// Once, after all output: the exit code; none when the client was killed.
        std::function<void(std::optional<int> code)> onEnd;
    };

    RunFollower(RunRecord record, Listener listener);
    ~RunFollower();

    /// Sends a signal to the client, if it still runs. Any thread.
    void signal(int number) const;

    RunFollower(const RunFollower&) = delete;
    RunFollower& operator=(const RunFollower&) = delete;

private:
    void follow(const std::stop_token& stop);
    void readOutput();
    [[nodiscard]] std::optional<int> exitCode() const;

    RunRecord m_record;
    Listener m_listener;
    emulator::UniqueFd m_process; ///< pidfd; none when it has ended
    emulator::UniqueFd m_changes; ///< inotify, of the record's folder
    emulator::UniqueFd m_stop; ///< eventfd
    emulator::UniqueFd m_files[2];
    std::jthread m_thread;
};

} // namespace app::client
