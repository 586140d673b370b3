// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/image/ImageSource.h"
#include "remote/registry/Registry.h"

#include <memory>

namespace remote::registry {

struct PullOptions {
    int resumes = 5; ///< how often one blob may break off and go on
};

/// Images from a registry or a layout. One process of a host pulls a layer, others wait for it.
/// `registry` is not owned and outlives the source.
[[nodiscard]] std::unique_ptr<emulator::image::ImageSource> createPuller(Registry& registry,
                                                                         PullOptions options = {});

} // namespace remote::registry
