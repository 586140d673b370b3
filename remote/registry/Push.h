// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Exporter.h"
#include "remote/registry/Registry.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace remote::registry {

struct PushOptions {
    std::string mountFrom; ///< another repository of the registry that may have the blobs; or empty
    int parallel = 2; ///< blobs at a time
};

/// What a push did.
struct PushReport {
    std::uint64_t bytesPushed = 0; ///< travelled now
    std::uint64_t bytesResumed = 0; ///< an interrupted push had brought them
    std::uint64_t bytesSkipped = 0; ///< were there
    int blobsPushed = 0;
    int blobsSkipped = 0;
    int blobsMounted = 0; ///< of those skipped: taken over from another repository
};

/// Sends what the registry lacks: layers, then config, then manifest, so that a manifest is never
/// there before what it names. Repeating an interrupted push goes on mid-blob.
/// FailedPrecondition when the registry reports another digest than ours.
[[nodiscard]] Result<PushReport> push(const ExportedImage& image,
                                      const std::filesystem::path& layoutFolder, Registry& registry,
                                      const OnProgress& onProgress, std::stop_token stop,
                                      const PushOptions& options = {});

/// What a push would send.
struct Missing {
    bool manifest = false; ///< false: the image is there already
    std::uint64_t bytes = 0;
    std::vector<Descriptor> layers;
};

[[nodiscard]] Result<Missing> missing(const ExportedImage& image, Registry& registry,
                                      std::stop_token stop);

} // namespace remote::registry
