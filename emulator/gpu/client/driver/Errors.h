// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace emulator::gpu::client {

/// One code of CUresult and cudaError_t, which share their numbers.
struct ErrorText {
    int code;
    const char* driverName; ///< null: the driver has no such code
    const char* runtimeName; ///< null: the runtime has no such code
    const char* text;
};

/// Null for a number that is no error code.
[[nodiscard]] const ErrorText* errorText(int code);

} // namespace emulator::gpu::client
