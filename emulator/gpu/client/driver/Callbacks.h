// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/client/driver/Driver.h"

#include <functional>

namespace emulator::gpu::client {

/// Has `function` called by a thread of this process when the stream gets there; the stream goes on
/// when it has returned. The thread is started by the first call.
Result callOnStream(Driver& driver, const Target& target, std::function<void()> function);

} // namespace emulator::gpu::client
