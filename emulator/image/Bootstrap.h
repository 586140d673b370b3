// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/Builder.h"

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::image {

/// How a base image is made from Debian's packages, decided.
struct BootstrapPlan {
    std::string suite; ///< "bookworm"
    std::vector<std::string> packages;
    std::string python; ///< "3.11"; empty: none wanted
    std::string sentence; ///< what stands in for what, for the log
};

/// The plan for a reference such as "python:3.11.12-slim-bookworm" or "debian:bookworm-slim".
/// Unavailable, naming those that can be made, when Debian has no such packages.
[[nodiscard]] Result<BootstrapPlan> planBootstrap(std::string_view reference);

/// Carries a plan out with mmdebstrap and gives the layer's digest. What was made is kept as a tar
/// in SLIPWAY_BASE_CACHE, for every home.
[[nodiscard]] Result<std::string> bootstrap(const Store& store, const BootstrapPlan& plan,
                                            const std::function<void(std::string_view)>& onLine,
                                            std::stop_token stop);

} // namespace emulator::image
