// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

namespace emulator::gpu::protocol {

/// Sends `size` octets and `count` (at most 4) descriptors over a unix socket. False when the other
/// side is gone.
[[nodiscard]] bool sendWith(int socket, const void* data, std::size_t size, const int* descriptors,
                            std::size_t count);

/// Receives exactly `size` octets, and up to `limit` (at most 4) descriptors into `descriptors`.
/// Gives the number of descriptors, or -1 when the other side is gone or sent fewer octets.
/// `flags` goes to recvmsg (MSG_DONTWAIT).
[[nodiscard]] int receiveWith(int socket, void* data, std::size_t size, int* descriptors,
                              std::size_t limit, int flags = 0);

/// Connects to the unix socket at `path`; -1 and errno when that fails.
[[nodiscard]] int connectTo(const char* path);

} // namespace emulator::gpu::protocol
