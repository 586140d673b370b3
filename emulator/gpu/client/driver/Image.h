// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace emulator::gpu::client {

/// The octets of what cuModuleLoadData is pointed to: PTX text, an ELF file, a fat binary, or a
/// wrapper of those (then a bundle, when it is of a separate compilation). Only sizes are looked
/// at; gpud reads the content.
[[nodiscard]] std::string imageOctets(const void* image);

} // namespace emulator::gpu::client
