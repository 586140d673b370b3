// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Json.h"
#include "emulator/model/Image.h"

#include <string>
#include <vector>

namespace emulator::control {

/// Images, recipes and mounts as the database keeps them. A recipe goes without its secrets'
/// variables, which are looked up again when it is built.
[[nodiscard]] Json toJson(const model::Image& image);
[[nodiscard]] Json toJson(const model::ImageRecipe& recipe);
[[nodiscard]] Json toJson(const std::vector<model::MountFile>& files);
[[nodiscard]] model::Image imageFromJson(const Json& json);
[[nodiscard]] model::ImageRecipe recipeFromJson(const Json& json);
[[nodiscard]] std::vector<model::MountFile> filesFromJson(const Json& json);

} // namespace emulator::control
