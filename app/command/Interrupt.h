// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "emulator/base/UniqueFd.h"

#include <stop_token>
#include <thread>

namespace app::command {

/// Turns the first Ctrl-C (or SIGTERM) into a stop request and the second into the end of this
/// process. Make it before other threads.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();

    [[nodiscard]] std::stop_token token() const { return m_source.get_token(); }
    [[nodiscard]] bool requested() const { return m_source.stop_requested(); }

    /// Waits until a descriptor can be read; false when a stop was requested first.
    [[nodiscard]] bool waitFor(int descriptor) const;

    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

private:
    void watch();

    std::stop_source m_source;
    emulator::UniqueFd m_signals;
    emulator::UniqueFd m_stopped; ///< eventfd, readable once a stop was requested
    emulator::UniqueFd m_end; ///< eventfd
    std::jthread m_thread;
};

} // namespace app::command
