// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/protocol/Messages.h"

namespace emulator::gpu::client {

/// CUdevice_attribute and cudaDeviceAttr (the same numbers); false when there is no such attribute.
[[nodiscard]] bool deviceAttribute(const protocol::DeviceFigures& figures, int attribute,
                                   int& value);

} // namespace emulator::gpu::client
