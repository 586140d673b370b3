// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace emulator::gpu::device {

/// The global memory of one emulated device: a sparse, memfd-backed range of the card's size.
/// A device address *is* the address at which this process maps the octet, so an access costs one
/// bounds check and no translation. Memory of the host that a device may touch (pinned, mapped,
/// managed) is adopted into the same address space at the address at which the client maps it.
/// Thread-safe.
class Memory {
public:
    /// One live piece of device memory.
    struct Allocation {
        std::uint64_t address = 0;
        std::uint64_t size = 0; ///< as asked for, not as rounded
        bool ofHost = false; ///< adopted, not counted as used
    };

    /// Reserves `bytes` (the card's memory). Exhausted when the range cannot be reserved.
    [[nodiscard]] static Result<std::unique_ptr<Memory>> create(std::uint64_t bytes);
    ~Memory();

    /// A zero-filled piece, aligned to `alignment` (a power of two, at least 256 as cudaMalloc
    /// promises). Exhausted when the card is full.
    [[nodiscard]] Result<std::uint64_t> allocate(std::uint64_t size, std::uint64_t alignment = 256);

    /// Gives a piece back, its pages too. Invalid when `address` is not the start of one.
    [[nodiscard]] Result<> free(std::uint64_t address);

    /// Maps `size` octets of `fd` at exactly `address` and lets the device touch them.
    [[nodiscard]] Result<> adopt(std::uint64_t address, std::uint64_t size, const UniqueFd& fd);

    /// The allocation that holds `address`.
    [[nodiscard]] std::optional<Allocation> find(std::uint64_t address) const;

    /// Whether [address, address + size) lies inside one allocation.
    [[nodiscard]] bool contains(std::uint64_t address, std::uint64_t size) const;

    [[nodiscard]] std::uint64_t total() const { return m_total; }
    [[nodiscard]] std::uint64_t used() const;

    /// A number that changes with every allocate, free and adopt: a reader may keep what find()
    /// said until then.
    [[nodiscard]] std::uint64_t generation() const;

    /// The memfd behind the range, for a client library that needs zero-copy access.
    [[nodiscard]] const UniqueFd& file() const { return m_file; }
    [[nodiscard]] std::uint64_t base() const { return m_base; }

    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

private:
    Memory() = default;

    UniqueFd m_file;
    std::uint64_t m_base = 0;
    std::uint64_t m_total = 0;
    std::uint64_t m_used = 0;
    std::atomic<std::uint64_t> m_generation {0};
    std::map<std::uint64_t, Allocation> m_live; ///< by address
    mutable std::mutex m_mutex;
};

} // namespace emulator::gpu::device
