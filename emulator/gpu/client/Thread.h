// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace emulator::gpu::client {

/// Starts a thread that nobody joins, with every signal blocked (they are the program's).
[[nodiscard]] bool startDetachedThread(void* (*run)(void*), void* argument);

} // namespace emulator::gpu::client
