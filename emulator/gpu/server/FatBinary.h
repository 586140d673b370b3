// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::gpu::server {

/// What is loaded as one module: the PTX texts that are linked together.
struct ModuleImage {
    struct Text {
        std::string ptx;
        int architecture = 0; ///< of the fat binary's entry: 80 is compute_80; 0: unknown
    };
    std::vector<Text> texts;
};

/// Finds the PTX in what cuModuleLoadData is given: PTX text, a fat binary (raw, LZ4 or zstd
/// entries), an ELF file with a .nv_fatbin section, or a bundle of those (makeBundle). Of each fat
/// binary the PTX of the highest architecture is taken. Unsupported when there is only machine code
/// (SASS), naming the module and the flag that adds PTX; Invalid when the image is damaged. Never
/// reads out of bounds.
[[nodiscard]] Result<ModuleImage> readImage(std::string_view image, std::string_view name);

/// Packs images that are linked into one module (separate compilation).
[[nodiscard]] std::string makeBundle(const std::vector<std::string_view>& images);

/// A fat binary with one PTX entry: what the ptxas and nvJitLink shims give as a "cubin".
[[nodiscard]] std::string makeFatBinary(std::string_view ptx, int architecture);

} // namespace emulator::gpu::server
