// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/client/driver/Driver.h"

namespace emulator::gpu::client {

/// A box that is copied: `width` octets × `height` rows × `depth` slices, addresses of either kind.
struct BoxCopy {
    std::uint64_t destination = 0;
    std::uint64_t source = 0;
    std::uint64_t width = 0;
    std::uint64_t height = 1;
    std::uint64_t depth = 1;
    std::uint64_t destinationPitch = 0;
    std::uint64_t sourcePitch = 0;
    std::uint64_t destinationSlice = 0;
    std::uint64_t sourceSlice = 0;
};

/// Whether the device can touch `address`: its own memory, or pinned memory of this process.
[[nodiscard]] bool deviceSees(Driver& driver, std::uint64_t address);

enum class Wait { UntilDone, No };

/// Copies in the order of a stream. With pageable memory on a side it waits for the stream and
/// copies itself (as the real driver does), unless little goes to the device; else gpud copies.
Result copyBox(Driver& driver, const Target& target, const BoxCopy& copy, Wait wait);

} // namespace emulator::gpu::client
