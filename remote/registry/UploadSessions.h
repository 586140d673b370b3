// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Layout.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace remote::registry {

/// Uploads that a DirectoryServer takes in: files .uploads/<id> of a layout, which outlive the
/// server. A connection that died without a word does not block its successor: who opens an upload
/// last writes it, whoever had it before can no longer. Thread-safe; one process.
class UploadSessions {
    struct Session;

public:
    /// Appends to one upload.
    class Writer {
    public:
        /// How much there is.
        [[nodiscard]] std::uint64_t size() const;
        /// FailedPrecondition when a later writer has taken over.
        [[nodiscard]] Result<> append(std::string_view bytes);

    private:
        friend class UploadSessions;
        Writer(std::shared_ptr<Session> session, std::uint64_t turn)
            : m_session(std::move(session))
            , m_turn(turn)
        {
        }

        std::shared_ptr<Session> m_session;
        std::uint64_t m_turn;
    };

    /// Uploads nobody continued for a day are removed.
    [[nodiscard]] static Result<std::unique_ptr<UploadSessions>> create(const Layout& layout);

    [[nodiscard]] Result<std::string> begin();
    /// NotFound when there is no such upload.
    [[nodiscard]] Result<Writer> open(const std::string& id);
    [[nodiscard]] Result<std::uint64_t> sizeOf(const std::string& id);
    /// Makes the upload the blob `digest`. FailedPrecondition, and the upload is gone, when it is
    /// not.
    [[nodiscard]] Result<> complete(const std::string& id, std::string_view digest);

private:
    explicit UploadSessions(const Layout& layout)
        : m_layout(layout)
    {
    }

    [[nodiscard]] std::filesystem::path folder() const { return m_layout.folder() / ".uploads"; }
    [[nodiscard]] Result<std::shared_ptr<Session>> find(const std::string& id);

    const Layout m_layout;
    std::mutex m_mutex;
    std::map<std::string, std::shared_ptr<Session>> m_sessions;
};

} // namespace remote::registry
