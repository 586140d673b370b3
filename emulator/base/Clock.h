// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <chrono>
#include <cstdint>

namespace emulator {

/// Microseconds since the Unix epoch: the one form in which times are stored and sent.
using Micros = std::int64_t;

/// Where time comes from; passed in, so that a test can own it. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;

    [[nodiscard]] virtual Micros now() const = 0;

    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;

protected:
    Clock() = default;
};

/// The machine's clock.
class SystemClock final : public Clock {
public:
    [[nodiscard]] Micros now() const override
    {
        using namespace std::chrono;
        return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    }
};

constexpr double toSeconds(Micros time)
{
    return static_cast<double>(time) / 1e6;
}

} // namespace emulator
