// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/BuildPlan.h"

#include <filesystem>
#include <vector>

namespace emulator::image {

/// What a COPY reads and where it writes.
struct CopyPlaces {
    std::vector<std::filesystem::path> from; ///< layers of the source, or the laid out context
    bool keepOwners = false; ///< the source is a stage: its files keep their owners
    std::vector<std::filesystem::path> onto; ///< layers of the image so far
    std::filesystem::path writes; ///< receives the new layer
};

/// Carries out a COPY as Docker does: a folder's content (not the folder) goes into the target, a
/// file goes to the target or, when that is a folder, into it; folders in between are made. Links
/// in the image and in the source are resolved inside their own trees, so nothing outside is read
/// or written. Invalid when a file stands where a folder is needed, NotFound for a source that is
/// not there.
[[nodiscard]] Result<> copyFiles(const CopyOperation& operation, const CopyPlaces& places);

/// WORKDIR: makes the folder in `writes` unless the image has it.
[[nodiscard]] Result<> makeFolder(std::string_view path, const CopyPlaces& places);

} // namespace emulator::image
