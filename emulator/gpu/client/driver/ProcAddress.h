// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

namespace emulator::gpu::client {

/// One exported function: its symbol, the name that cuGetProcAddress knows it by, and the first
/// CUDA version that means this symbol (0: only by its own name). Generated from
/// exports/driver.txt.
struct Export {
    const char* symbol;
    const char* base;
    int version;
    void* function;
};

extern const Export driverExports[];
extern const std::size_t driverExportCount;

} // namespace emulator::gpu::client
