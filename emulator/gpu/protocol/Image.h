// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

/// The containers in which kernels arrive. The layout of fat binaries was found by looking at files
/// that nvcc made.
namespace emulator::gpu::protocol {

inline constexpr std::uint32_t wrapperMagic = 0x466243b1; ///< what __cudaRegisterFatBinary gets
inline constexpr std::uint32_t fatMagic = 0xba55ed50;
inline constexpr std::uint32_t bundleMagic = 0x4d574c53; ///< ours: several images of one module

inline constexpr std::uint16_t fatPtx = 1;
inline constexpr std::uint16_t fatElf = 2;
inline constexpr std::uint64_t fatPlain = 0x11;
inline constexpr std::uint64_t fatLz4 = 0x2000;
inline constexpr std::uint64_t fatZstd = 0x8000;

/// In the program's data, written by nvcc.
struct FatWrapper {
    std::uint32_t magic = wrapperMagic;
    std::uint32_t version = 1; ///< 2: `list` holds the objects of a separate compilation
    const void* data = nullptr;
    const void* const* list = nullptr; ///< ends with a null pointer
};

struct FatHeader {
    std::uint32_t magic = fatMagic;
    std::uint16_t version = 1;
    std::uint16_t headerSize = 16;
    std::uint64_t size = 0; ///< of the entries that follow
};

struct FatEntry {
    std::uint16_t kind = 0;
    std::uint16_t version = 0x101;
    std::uint32_t headerSize = 64;
    std::uint64_t size = 0; ///< of the data that follows this header
    std::uint32_t packedSize = 0; ///< of the compressed data in it
    std::uint32_t optionsOffset = 0;
    std::uint16_t minor = 0;
    std::uint16_t major = 0;
    std::uint32_t architecture = 0;
    std::uint32_t nameOffset = 0;
    std::uint32_t nameSize = 0;
    std::uint64_t flags = 0;
    std::uint64_t reserved = 0;
    std::uint64_t plainSize = 0; ///< after decompression
};

static_assert(sizeof(FatHeader) == 16);
static_assert(sizeof(FatEntry) == 64);

/// Then, `count` times: a 64-bit size and as many octets.
struct BundleHeader {
    std::uint32_t magic = bundleMagic;
    std::uint32_t count = 0;
};

} // namespace emulator::gpu::protocol
