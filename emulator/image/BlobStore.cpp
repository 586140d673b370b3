// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/BlobStore.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"

#include <algorithm>

namespace emulator::image {

Result<BlobStore::Blob> BlobStore::put(std::string_view bytes) const
{
    auto digest = sha256Hex(bytes);
    auto target = path(digest);
    if (has(digest))
        return Blob {std::move(digest), std::move(target)};
    std::error_code error;
    std::filesystem::create_directories(m_folder, error);
    if (error)
        return errnoError("make folder " + m_folder.string(), error.value());
    TRY(writeFileAtomically(target, bytes, 0644));
    return Blob {std::move(digest), std::move(target)};
}

Result<BlobStore::Blob> BlobStore::put(std::string_view bytes,
                                       std::string_view expectedSha256) const
{
    if (const auto digest = sha256Hex(bytes); digest != expectedSha256)
        return Error(ErrorCode::Invalid,
                     "the content's SHA-256 is " + digest + ", not " + std::string(expectedSha256));
    return put(bytes);
}

bool BlobStore::has(std::string_view sha256) const
{
    std::error_code error;
    return isSha256(sha256) && std::filesystem::is_regular_file(path(sha256), error);
}

std::filesystem::path BlobStore::path(std::string_view sha256) const
{
    return m_folder / sha256;
}

bool isSha256(std::string_view text)
{
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

} // namespace emulator::image
