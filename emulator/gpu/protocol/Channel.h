// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

/// How a client library and slipway-gpud talk. A process that uses the device opens one connection:
/// a unix socket, over which it is given two memfds, the channel (this struct) and the device's
/// memory. Commands go through the channel's ring, in the order in which they were written,
/// whatever thread wrote them. A command that wants an answer names a slot; the answer, a status
/// and up to slotBytes octets, is written there. Sleeping is on futexes in the channel; a shared
/// mapping needs no system call while both sides are awake. The socket carries descriptors (in the
/// same order as the commands that consume them) and tells each side that the other one died.
///
/// The server trusts nothing that it reads here: it copies a message out of the ring before it
/// looks at it, and keeps its own copy of every index.
namespace emulator::gpu::protocol {

inline constexpr std::uint32_t magic = 0x53504c47; ///< "GLPS"
inline constexpr std::uint32_t version = 1;
inline constexpr std::uint32_t ringBytes = 1U << 20U;
inline constexpr std::uint32_t messageLimit = 1U << 17U; ///< one message, its header included
inline constexpr std::uint32_t slotCount = 64;
inline constexpr std::uint32_t slotBytes = 8160;
inline constexpr std::uint16_t noSlot = 0xffff;
inline constexpr std::uint32_t callbackCount = 256;

/// Where the answer to one command appears.
struct Slot {
    std::atomic<std::uint32_t> done; ///< a futex; the server sets it to 1
    std::int32_t status; ///< a CUresult
    std::uint32_t size;
    std::uint32_t reserved;
    std::array<std::byte, slotBytes> data;
};

/// The memory that a client and the server share.
struct Channel {
    alignas(64) std::atomic<std::uint64_t> written; ///< octets ever put into the ring
    std::atomic<std::uint32_t> doorbell; ///< a futex: the server sleeps on it
    std::atomic<std::uint32_t> serverSleeps; ///< 1: ring the doorbell
    alignas(64) std::atomic<std::uint64_t> consumed; ///< octets ever taken out
    std::atomic<std::uint32_t> room; ///< a futex: producers wait on it when the ring is full
    std::atomic<std::uint32_t> text; ///< 1: FetchText has something to fetch
    alignas(64) std::atomic<std::uint32_t> callbacksPosted; ///< a futex: the callback thread
    std::atomic<std::uint32_t> closed; ///< 1: the server has given up on this client
    std::array<std::atomic<std::uint64_t>, callbackCount> callbacks; ///< tokens of HostCall
    alignas(64) std::array<Slot, slotCount> answers;
    alignas(64) std::array<std::byte, ringBytes> ring;
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::is_standard_layout_v<Channel>);

/// The client's first octets on the socket.
struct Hello {
    std::uint32_t magic = protocol::magic;
    std::uint32_t version = protocol::version;
    std::uint32_t observer = 0; ///< 1: only watches (NVML, a monitor), is no process of the device
    std::uint32_t reserved = 0;
    std::array<char, 48> program {}; ///< the program's short name, for the process list
};

/// The server's answer, together with the descriptors of the channel and of the device's memory.
struct Welcome {
    std::uint32_t magic = protocol::magic;
    std::uint32_t version = protocol::version;
    std::uint32_t deviceCount = 0;
    std::uint32_t reserved = 0;
    std::uint64_t memoryBase = 0; ///< address of the device's memory, the same in both processes
    std::uint64_t memoryBytes = 0;
    std::uint64_t windowBase = 0; ///< addresses at which this client may share host memory
    std::uint64_t windowBytes = 0;
};

/// Copies between a ring at `position` and flat memory, around the end of the ring.
inline void copyIn(Channel& channel, std::uint64_t position, const void* from, std::size_t size)
{
    const std::size_t start = position % ringBytes;
    const std::size_t first = size < ringBytes - start ? size : ringBytes - start;
    std::memcpy(channel.ring.data() + start, from, first);
    std::memcpy(channel.ring.data(), static_cast<const std::byte*>(from) + first, size - first);
}

inline void copyOut(const Channel& channel, std::uint64_t position, void* to, std::size_t size)
{
    const std::size_t start = position % ringBytes;
    const std::size_t first = size < ringBytes - start ? size : ringBytes - start;
    std::memcpy(to, channel.ring.data() + start, first);
    std::memcpy(static_cast<std::byte*>(to) + first, channel.ring.data(), size - first);
}

} // namespace emulator::gpu::protocol
