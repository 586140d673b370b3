// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace emulator::gpu::server {

/// Decompresses one LZ4 block (LZ4 Block Format Description; no frame) to exactly `size` octets.
/// Invalid when the block is damaged; never reads or writes out of bounds.
[[nodiscard]] Result<std::string> decompressLz4(std::string_view block, std::size_t size);

} // namespace emulator::gpu::server
