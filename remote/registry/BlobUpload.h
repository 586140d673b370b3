// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Registry.h"
#include "remote/registry/RegistryCaller.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

namespace remote::registry {

/// Uploads one blob in chunks (distribution-spec, "Pushing a blob in chunks"): POST, PATCH…, PUT.
/// After a failure it asks the registry how far it got and goes on from there; the session's URL is
/// kept in a file, so that a later process can, too. A session that is gone is begun again. One
/// thread, one blob.
class BlobUpload {
public:
    struct Options {
        std::filesystem::path uploadsFolder; ///< empty: nothing is kept
        std::size_t chunkBytes;
    };

    BlobUpload(RegistryCaller& caller, const Descriptor& blob, const std::filesystem::path& file,
               Options options);

    [[nodiscard]] Result<Registry::Pushed> run(const OnProgress& onProgress, std::stop_token stop);

private:
    /// What to do after a call of the session.
    enum class Next { Send, Ask, Begin, Done };

    [[nodiscard]] Result<> sendAll(const OnProgress& onProgress, std::stop_token stop);
    [[nodiscard]] Result<> begin(std::stop_token stop);
    [[nodiscard]] Result<Next> sendChunk(const OnProgress& onProgress, std::stop_token stop);
    [[nodiscard]] Result<Next> ask(std::stop_token stop);
    [[nodiscard]] Result<Next> complete(std::stop_token stop);
    [[nodiscard]] Result<bool> isThere(std::stop_token stop);
    /// Counts a failure; the answer's or the connection's error when there were too many.
    [[nodiscard]] Result<Next> failed(Result<HttpResponse> response, std::stop_token stop);

    void reach(std::uint64_t offset);
    [[nodiscard]] Result<> follow(const HttpResponse& response);
    [[nodiscard]] std::filesystem::path sessionFile() const;
    void loadSession();
    void saveSession() const;
    void forgetSession();

    RegistryCaller& m_caller;
    const Descriptor& m_blob;
    const std::filesystem::path& m_file;
    const Options m_options;
    const std::string m_scope;
    std::optional<Url> m_location;
    std::uint64_t m_offset = 0; ///< what the registry has
    std::uint64_t m_chunkBytes;
    Registry::Pushed m_pushed;
    int m_failures = 0; ///< one after the other
    int m_stalls = 0; ///< failures since a chunk arrived
    int m_begun = 0;
    bool m_interrupted = false; ///< an offset is what the registry said, not what we sent
};

} // namespace remote::registry
