// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>
#include <ctime>

namespace emulator::gpu::protocol {

/// Sleeps while `word` holds `expected`, at most `milliseconds`, in memory that processes share.
/// May return early; the caller looks again.
inline void futexWait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                      unsigned milliseconds)
{
    timespec limit {};
    limit.tv_sec = static_cast<time_t>(milliseconds / 1000);
    limit.tv_nsec = static_cast<long>(milliseconds % 1000) * 1000000;
    ::syscall(SYS_futex, &word, FUTEX_WAIT, expected, &limit, nullptr, 0);
}

/// Wakes every sleeper on `word`.
inline void futexWake(std::atomic<std::uint32_t>& word)
{
    ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

/// A breath between two looks at a word that is about to change.
inline void pause()
{
    __builtin_ia32_pause();
}

} // namespace emulator::gpu::protocol
