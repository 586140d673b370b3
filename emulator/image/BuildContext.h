// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/Builder.h"
#include "emulator/model/Image.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::image {

/// The files that COPY may read: what came along with the recipe and its mount, less what
/// .dockerignore names. Names are relative to the context and never leave it.
class BuildContext {
public:
    /// Puts the inline files into the blob store. Invalid for a name with "..".
    [[nodiscard]] static Result<BuildContext> create(const Store& store,
                                                     const model::ImageRecipe& recipe);

    /// The files at or below a COPY source ("src", "*.txt", "."). Invalid when the pattern points
    /// outside the context, NotFound when it matches nothing.
    [[nodiscard]] Result<std::vector<model::MountFile>> matching(std::string_view pattern) const;

    /// Lays all files out in `folder`.
    [[nodiscard]] Result<> layOut(const Store& store, const std::filesystem::path& folder) const;

private:
    std::map<std::string, model::MountFile> m_files;
};

/// A path of a recipe without its leading slashes, "." and doubled slashes; Invalid for "..".
[[nodiscard]] Result<std::string> relativeName(std::string_view name);

/// Whether `name` or a folder above it matches `pattern`, segment by segment as a shell would.
[[nodiscard]] bool matchesBelow(std::string_view pattern, std::string_view name);

/// The rules of a .dockerignore file: the last one that matches a name decides.
class IgnoreRules {
public:
    explicit IgnoreRules(std::string_view text);
    [[nodiscard]] bool ignores(std::string_view name) const;

private:
    struct Rule {
        std::string pattern;
        bool keep;
    };
    std::vector<Rule> m_rules;
};

} // namespace emulator::image
