// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/Builder.h"

#include <filesystem>
#include <string>
#include <vector>

namespace emulator::image {

/// A file that a COPY may take: out of the client's context or of another stage.
struct CopyEntry {
    std::string name; ///< relative to the source's root, without a leading slash
    std::filesystem::path file; ///< where its content lies on this host
    std::uint32_t mode = 0644;
    std::string identity; ///< changes with the content, for the cache key
};

/// One COPY or ADD, decided: which content goes to which absolute path of the image.
struct CopyPlan {
    struct Item {
        CopyEntry entry;
        std::filesystem::path target; ///< absolute in the image
    };
    std::vector<Item> items;

    /// The part of a cache key that the content makes.
    [[nodiscard]] std::string identity() const;
};

/// Docker's rules: a folder's content is copied, not the folder; a target that ends in a slash, is
/// a folder of the image, or gets several sources, is a folder. Invalid when a source matches
/// nothing or leads out of the context.
[[nodiscard]] Result<CopyPlan> planCopy(const std::vector<CopyEntry>& entries,
                                        const std::vector<std::string>& sources,
                                        const std::string& target,
                                        const std::string& workingDirectory,
                                        const std::vector<std::filesystem::path>& layers);

/// Writes the plan's items below `folder`, through the image's symbolic links.
[[nodiscard]] Result<> carryOut(const CopyPlan& plan, const std::filesystem::path& folder,
                                const std::vector<std::filesystem::path>& layers);

} // namespace emulator::image
