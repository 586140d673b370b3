// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/Builder.h"
#include "emulator/model/Image.h"

#include <functional>
#include <stop_token>
#include <string_view>

namespace emulator::image {

/// Brings an image's layers into a store that does not have them: a registry, or an image layout
/// on a shared file system. Thread-safe, also between processes that share a store.
class ImageSource {
public:
    virtual ~ImageSource() = default;

    /// Fetches what is missing of `image.layers`, by `image.manifest`. Every byte is checked
    /// against its digest before a layer appears; FailedPrecondition names a blob that differs.
    /// `onLine` sees the progress.
    [[nodiscard]] virtual Result<> fetch(const model::Image& image, const Store& store,
                                         const std::function<void(std::string_view)>& onLine,
                                         std::stop_token stop)
        = 0;

    ImageSource(const ImageSource&) = delete;
    ImageSource& operator=(const ImageSource&) = delete;

protected:
    ImageSource() = default;
};

} // namespace emulator::image
