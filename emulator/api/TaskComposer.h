// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/State.h"

namespace emulator::api {

/// Everything that a worker needs to run a task: resources, image, mounts, secrets, and the
/// ContainerArguments that the client's container runtime starts from.
[[nodiscard]] Result<model::TaskSpec> composeTask(const control::State& state,
                                                  const store::TaskRecord& task);

} // namespace emulator::api
