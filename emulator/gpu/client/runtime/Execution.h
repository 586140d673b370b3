// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/client/runtime/Runtime.h"

namespace emulator::gpu::client {

/// Launches the kernel behind a host stub.
Result launchStub(const void* stub, const RuntimeThread::Configuration& configuration,
                  void** arguments, bool cooperative);

} // namespace emulator::gpu::client
