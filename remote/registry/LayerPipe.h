// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/LayerUnpacker.h"
#include "remote/registry/Sha256.h"
#include "remote/registry/Tar.h"
#include "remote/registry/Zstd.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace remote::registry {

/// The way of a layer's blob into a folder, as its bytes arrive: digest of the blob, decompression,
/// digest of the tar, unpacking. FailedPrecondition when something is not what was announced. One
/// thread.
class LayerPipe {
public:
    /// Unsupported for a compression that is not ours.
    [[nodiscard]] static Result<std::unique_ptr<LayerPipe>>
    create(const Descriptor& blob, const std::filesystem::path& folder);

    [[nodiscard]] Result<> feed(std::string_view bytes);

    [[nodiscard]] std::uint64_t received() const { return m_received; }

    /// After the last byte: whether both digests agree; then the folder is the layer.
    [[nodiscard]] Result<> finish(std::string_view diffId);

private:
    LayerPipe(const Descriptor& blob, std::unique_ptr<LayerUnpacker> unpacker);

    [[nodiscard]] Result<> feedTar(std::string_view bytes);

    const Descriptor m_blob;
    std::unique_ptr<LayerUnpacker> m_unpacker;
    TarReader m_reader;
    std::unique_ptr<Decompressor> m_decompressor; ///< none for a plain tar
    Sha256 m_blobDigest;
    Sha256 m_tarDigest;
    std::uint64_t m_received = 0;
};

} // namespace remote::registry
