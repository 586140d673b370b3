// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/Builder.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace emulator::image {

/// Files named after their content: blobs/sha256/<hex>. Thread-safe, also between processes:
/// a blob appears whole or not at all.
class BlobStore {
public:
    struct Blob {
        std::string sha256;
        std::filesystem::path path;
    };

    explicit BlobStore(const Store& store)
        : m_folder(store.blobs())
    {
    }

    /// Stores `bytes`; a blob that is there already is not written again.
    [[nodiscard]] Result<Blob> put(std::string_view bytes) const;

    /// Stores bytes that are said to have this digest; Invalid when they have another one.
    [[nodiscard]] Result<Blob> put(std::string_view bytes, std::string_view expectedSha256) const;

    [[nodiscard]] bool has(std::string_view sha256) const;
    [[nodiscard]] std::filesystem::path path(std::string_view sha256) const;

private:
    std::filesystem::path m_folder;
};

/// Whether a text is a SHA-256 in lower-case hexadecimal, and so safe as a file name.
[[nodiscard]] bool isSha256(std::string_view text);

} // namespace emulator::image
