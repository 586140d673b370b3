// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"
#include "emulator/gpu/cards/Cards.h"
#include "emulator/gpu/device/Executor.h"
#include "emulator/gpu/device/Memory.h"
#include "emulator/gpu/protocol/Messages.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace emulator::gpu::server {

/// Figures of a card as the protocol carries them; `ordinal` and `seed` make the UUID.
[[nodiscard]] protocol::DeviceFigures figuresOf(const cards::Card& card, unsigned ordinal,
                                                std::uint64_t seed);

/// One emulated card: its figures, its executor, and what it has done. Thread-safe.
class Device {
public:
    Device(const cards::Card& card, unsigned ordinal, std::uint64_t seed);

    [[nodiscard]] const protocol::DeviceFigures& figures() const { return m_figures; }
    [[nodiscard]] device::Executor& executor() { return *m_executor; }

    void kernelBegins();
    void kernelEnds(const device::LaunchOutcome& outcome);
    [[nodiscard]] protocol::Usage usage() const;

private:
    protocol::DeviceFigures m_figures;
    std::unique_ptr<device::Executor> m_executor;
    mutable std::mutex m_mutex;
    protocol::Usage m_usage;
    std::uint64_t m_busySince = 0;
};

/// The emulated cards of a task and their memory, which is one range: device addresses are unique
/// among the cards, and a kernel may use a peer's memory. Each card's share is limited to the size
/// of the card. Thread-safe.
class Devices {
public:
    [[nodiscard]] static Result<std::unique_ptr<Devices>>
    create(const cards::Card& card, unsigned count, std::uint64_t seed);

    [[nodiscard]] std::size_t count() const { return m_devices.size(); }
    [[nodiscard]] Device& at(std::size_t ordinal) { return *m_devices[ordinal]; }
    [[nodiscard]] device::Memory& memory() { return *m_memory; }

    /// Who an allocation belongs to.
    struct Owner {
        std::uint64_t session = 0;
        std::uint64_t context = 0;
        std::uint64_t device = 0;
    };

    /// Exhausted when the card is full.
    [[nodiscard]] Result<std::uint64_t> allocate(std::uint64_t size, protocol::AllocationKind kind,
                                                 const Owner& owner);
    /// Counts host memory that was adopted at `address`.
    void noteHost(std::uint64_t address, std::uint64_t size, const Owner& owner);
    /// False when `address` is not the start of an allocation of that session.
    [[nodiscard]] bool free(std::uint64_t address, std::uint64_t session);
    /// Frees what a context (0: every context) of a session still holds.
    void freeAll(std::uint64_t session, std::uint64_t context = 0);

    /// The allocation around `address`; its context is 0 for another session than `session`.
    [[nodiscard]] std::optional<protocol::AllocationInfo> find(std::uint64_t address,
                                                               std::uint64_t session) const;
    [[nodiscard]] std::uint64_t usedBySession(std::uint64_t session, std::uint64_t device) const;
    [[nodiscard]] protocol::Usage usage(std::size_t ordinal) const;

private:
    struct Allocation {
        protocol::AllocationInfo info;
        std::uint64_t session = 0;
    };

    Devices() = default;
    [[nodiscard]] std::uint64_t usedOn(std::size_t ordinal) const; ///< with m_mutex held
    [[nodiscard]] std::uint64_t usedByModules() const; ///< with m_mutex held

    std::vector<std::unique_ptr<Device>> m_devices;
    std::unique_ptr<device::Memory> m_memory;
    mutable std::mutex m_mutex;
    std::map<std::uint64_t, Allocation> m_live;
    std::vector<std::uint64_t> m_used; ///< by device, without module variables
    std::uint64_t m_serial = 0;
};

} // namespace emulator::gpu::server
