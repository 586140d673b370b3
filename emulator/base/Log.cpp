// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Log.h"

#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace emulator::log {
namespace {

Level threshold()
{
    static const Level chosen = [] {
        const char* wanted = std::getenv("SLIPWAY_LOG");
        const std::string_view name = wanted == nullptr ? "" : wanted;
        if (name == "debug")
            return Level::Debug;
        if (name == "warning")
            return Level::Warning;
        if (name == "error")
            return Level::Error;
        return Level::Info;
    }();
    return chosen;
}

constexpr std::array<std::string_view, 4> names {"debug", "info", "warning", "error"};

} // namespace

void write(Level level, std::string_view room, std::string_view message)
{
    if (level < threshold())
        return;
    timeval now {};
    ::gettimeofday(&now, nullptr);
    tm local {};
    ::localtime_r(&now.tv_sec, &local);
    std::array<char, 40> stamp {};
    const auto size = std::strftime(stamp.data(), stamp.size(), "%Y-%m-%d %H:%M:%S", &local);
    std::snprintf(stamp.data() + size, stamp.size() - size, ".%03d",
                  static_cast<int>(now.tv_usec / 1000));

    std::string line(stamp.data());
    line.append(" ").append(names[static_cast<std::size_t>(level)]).append(" ");
    line.append(room).append(": ").append(message).append("\n");
    // One write a line keeps lines of several threads and processes whole.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace emulator::log
