// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/Builder.h"

#include <string_view>

namespace emulator::image {

/// Reads images/<id>.json. NotFound when there is no such image.
[[nodiscard]] Result<model::Image> readImage(const Store& store, std::string_view imageId);

/// Writes it in one step, after the layers are in place.
[[nodiscard]] Result<> writeImage(const Store& store, const model::Image& image);

} // namespace emulator::image
