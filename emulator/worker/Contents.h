// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/Builder.h"
#include "emulator/model/Image.h"
#include "emulator/rpc/WorkerLink.h"

#include <stop_token>
#include <vector>

namespace emulator::worker {

/// Fetches from the control plane what the store does not have of a mount's files. Each is checked
/// against its name; several workers of one node may do it at the same time.
[[nodiscard]] Result<> bringContents(rpc::WorkerLink& link, const image::Store& store,
                                     const std::vector<model::MountFile>& files,
                                     std::stop_token stop);

} // namespace emulator::worker
