// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace emulator::image {

/// Reads the output of a build's step and, when the step fails, says what is behind it where that
/// is this machine: a disk that is full, a network that cannot be reached. One thread.
class FailureAdvice {
public:
    /// One line of output.
    void read(std::string_view line);

    /// `error` with the cause and what to do; unchanged when neither is to blame. A disk with
    /// hardly any room left is to blame even if nobody says so: programs remove their half-written
    /// files before they end. `home` is on that disk.
    [[nodiscard]] Error advise(Error error, const std::filesystem::path& home) const;

private:
    bool m_diskIsFull = false;
    std::string m_unreachable; ///< the last line that speaks of the network
};

} // namespace emulator::image
