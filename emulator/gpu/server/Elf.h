// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::gpu::server {

/// One section of an ELF file.
struct ElfSection {
    std::string name;
    std::uint32_t type = 0;
    std::string_view content; ///< into the file; empty for SHT_NOBITS
};

/// What is asked of a 64-bit little-endian ELF file. The views point into the text it was read
/// from.
struct ElfFile {
    std::uint16_t machine = 0; ///< e_machine: 62 x86-64, 190 CUDA
    std::vector<ElfSection> sections;
    std::vector<std::string> needed; ///< DT_NEEDED
    bool dynamic = false; ///< has a dynamic section

    [[nodiscard]] const ElfSection* section(std::string_view name) const;
};

/// Reads `file`; Invalid when it is no such ELF file or damaged. Never reads out of bounds.
[[nodiscard]] Result<ElfFile> readElf(std::string_view file);

/// Whether a program can run on the emulated device. Unsupported, with what to do, when it carries
/// CUDA kernels but has NVIDIA's runtime linked in (static cudart, which refuses any driver but
/// NVIDIA's). Scripts and programs without kernels pass. NotFound or Io when it cannot be read.
[[nodiscard]] Result<> checkProgram(const std::string& path);

} // namespace emulator::gpu::server
