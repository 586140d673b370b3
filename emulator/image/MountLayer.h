// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/Builder.h"

#include <filesystem>
#include <vector>

namespace emulator::image {

/// Lays files out below `folder` under their names: hard links into the blob store where the mode
/// allows, else copies. Invalid for a name with "..", NotFound for a blob that is missing.
[[nodiscard]] Result<> layOutFiles(const Store& store, const std::vector<model::MountFile>& files,
                                   const std::filesystem::path& folder);

} // namespace emulator::image
