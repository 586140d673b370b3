// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/Bootstrap.h"

namespace emulator::image {

/// The digest of the layer that stands for ghcr.io/astral-sh/uv:VERSION.
[[nodiscard]] std::string uvDigest(std::string_view version);

/// Makes that layer: /uv and /uvx as in the image of that name, taken from the wheel that uv's
/// makers publish on the user's package index. Unavailable without network.
[[nodiscard]] Result<> ensureUv(const LayerStore& layers, std::string_view version,
                                const LogLine& onLine, std::stop_token stop);

} // namespace emulator::image
