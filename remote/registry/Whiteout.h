// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace remote::registry {

/// How a layer's tar says that something of the layers below is gone (OCI image-spec, layer.md,
/// "Whiteouts").
inline constexpr std::string_view whiteoutPrefix = ".wh.";
inline constexpr std::string_view opaqueMark = ".wh..wh..opq";

inline constexpr std::string_view capabilityAttribute = "security.capability";

/// Extended attributes that belong to an image rather than to the host or to overlayfs.
constexpr bool isKeptAttribute(std::string_view name)
{
    return name == capabilityAttribute
        || (name.starts_with("user.") && !name.starts_with("user.overlay."));
}

} // namespace remote::registry
