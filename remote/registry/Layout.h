// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/UniqueFd.h"
#include "remote/registry/Descriptor.h"
#include "remote/registry/Sha256.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace remote::registry {

/// A blob that is being written beside the others; gone unless it was committed. One thread.
class IncomingBlob {
public:
    IncomingBlob(IncomingBlob&& other) noexcept;
    IncomingBlob& operator=(IncomingBlob&&) = delete;
    IncomingBlob(const IncomingBlob&) = delete;
    IncomingBlob& operator=(const IncomingBlob&) = delete;
    ~IncomingBlob();

    [[nodiscard]] Result<> write(std::string_view bytes);

    [[nodiscard]] std::uint64_t size() const { return m_size; }

    /// Makes the blob: on the disk first, under its name then. FailedPrecondition when it is not
    /// what `digest` names (empty: whatever it is). Returns its digest.
    [[nodiscard]] Result<std::string> commit(std::string_view digest = {});

private:
    friend class Layout;
    IncomingBlob(std::filesystem::path blobs, std::filesystem::path file, emulator::UniqueFd fd);

    std::filesystem::path m_blobs;
    std::filesystem::path m_file;
    emulator::UniqueFd m_fd;
    Sha256 m_digest;
    std::uint64_t m_size = 0;
};

/// An image layout (OCI image-spec, image-layout.md): oci-layout, index.json, blobs/sha256/<hex>.
/// What is unfinished lies in .incoming; a crash leaves nothing else behind. Thread-safe, also
/// between processes and hosts that share the folder.
class Layout {
public:
    /// Opens a layout or makes one. Invalid when the folder holds something else.
    [[nodiscard]] static Result<Layout> open(std::filesystem::path folder);

    [[nodiscard]] const std::filesystem::path& folder() const { return m_folder; }

    [[nodiscard]] std::filesystem::path blobFile(std::string_view digest) const;
    /// Nothing when there is no such blob.
    [[nodiscard]] std::optional<std::uint64_t> blobSize(std::string_view digest) const;

    [[nodiscard]] Result<IncomingBlob> incoming() const;
    /// Takes over a file of the same file system whose digest was checked while it was written.
    [[nodiscard]] Result<> adopt(const std::filesystem::path& file, std::string_view digest) const;
    /// A small blob; one that is there is not written again.
    [[nodiscard]] Result<std::string> put(std::string_view bytes) const;
    /// The content of a small blob, checked. NotFound when there is none.
    [[nodiscard]] Result<std::string> get(std::string_view digest) const;

    /// What index.json names.
    [[nodiscard]] Result<std::vector<Descriptor>> manifests() const;
    /// Names a manifest, whose blob is there, in index.json; `tag`, unless empty, leads to it only.
    [[nodiscard]] Result<> addManifest(const Descriptor& manifest, std::string_view tag,
                                       std::stop_token stop) const;

private:
    explicit Layout(std::filesystem::path folder)
        : m_folder(std::move(folder))
    {
    }

    [[nodiscard]] Result<> checkFree() const;
    [[nodiscard]] Result<> make() const;
    void sweep() const;

    std::filesystem::path m_folder;
};

} // namespace remote::registry
