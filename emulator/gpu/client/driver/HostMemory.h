// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/client/driver/Driver.h"

namespace emulator::gpu::client {

/// Memory of this process that gpud maps at the same address (pinned, cuMemHostAlloc).
Result allocateHost(Driver& driver, Handle context, std::uint64_t size, unsigned flags, void*& out);

/// Gives it back, after the device has finished with it.
Result freeHost(Driver& driver, void* address);

/// Device memory that this process may touch at its device address (managed).
Result allocateManaged(Driver& driver, Handle context, std::uint64_t size, DevicePointer& out);

/// Lets this process touch the pages around [address, address + size) of device memory: managed
/// memory, managed variables.
bool exposeDevicePages(Driver& driver, DevicePointer address, std::uint64_t size);

} // namespace emulator::gpu::client
