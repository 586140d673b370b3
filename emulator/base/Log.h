// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace emulator::log {

enum class Level { Debug, Info, Warning, Error };

/// One line "time level room: message" on stderr, dropped when `level` is below the threshold.
/// Thread-safe. SLIPWAY_LOG=debug|info|warning|error sets the threshold (default info).
void write(Level level, std::string_view room, std::string_view message);

inline void debug(std::string_view room, std::string_view message)
{
    write(Level::Debug, room, message);
}
inline void info(std::string_view room, std::string_view message)
{
    write(Level::Info, room, message);
}
inline void warning(std::string_view room, std::string_view message)
{
    write(Level::Warning, room, message);
}
inline void error(std::string_view room, std::string_view message)
{
    write(Level::Error, room, message);
}

} // namespace emulator::log
