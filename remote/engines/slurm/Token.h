// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/engines/slurm/Commands.h"

#include <mutex>
#include <string>

namespace remote::slurm {

/// The JWT that slurmrestd knows us by: read from a file of mode 0600 each time, or made by
/// `scontrol token` and renewed when half of its life is over. Never shown. Thread-safe.
class Token {
public:
    /// `commands` and `clock`: not owned.
    Token(const Options& options, const Commands& commands, const emulator::Clock& clock);

    /// FailedPrecondition: the file is not there, or others may read it.
    [[nodiscard]] emulator::Result<std::string> get();

    /// The last one was not accepted: get another the next time. False when there is no other.
    bool drop();

private:
    const Options& m_options;
    const Commands& m_commands;
    const emulator::Clock& m_clock;
    std::mutex m_mutex;
    std::string m_token;
    emulator::Micros m_renewAt = 0;
};

} // namespace remote::slurm
