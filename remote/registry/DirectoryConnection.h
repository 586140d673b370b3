// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Layout.h"
#include "remote/registry/RegistryTarget.h"
#include "remote/registry/UploadSessions.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace remote::registry {

/// What all connections of a DirectoryServer share.
struct DirectoryState {
    Layout layout;
    UploadSessions& uploads;
    std::string token;
};

/// One client of a DirectoryServer: reads a request, answers it, and again until the client goes
/// or says nothing for a minute. Runs in a thread of its own; stop() may come from another.
class DirectoryConnection {
public:
    DirectoryConnection(boost::asio::io_context& io, boost::asio::ip::tcp::socket socket,
                        const DirectoryState& state);

    void serve();
    /// Ends serve() soon.
    void stop();
    /// Answers 503 and goes.
    void refuse();

private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;
    using Status = boost::beast::http::status;
    using Answer = boost::beast::http::response<boost::beast::http::string_body>;

    /// Runs one asynchronous operation to its end: so that each has a time limit.
    boost::beast::error_code
    wait(const std::function<void(std::function<void(boost::beast::error_code)>)>& start);

    [[nodiscard]] bool isAllowed() const;
    [[nodiscard]] std::string header(boost::beast::http::field name) const;
    void answer();
    void answerBlob(const RegistryTarget& target);
    void answerUploads(const RegistryTarget& target);
    void answerUpload(const RegistryTarget& target);
    void answerManifest(const RegistryTarget& target);
    void patchUpload(const RegistryTarget& target);
    void completeUpload(const RegistryTarget& target);
    void getManifest(const RegistryTarget& target);
    void putManifest(const RegistryTarget& target);

    /// The digest behind a digest or tag; nothing when there is none.
    [[nodiscard]] std::optional<std::string> resolve(const std::string& reference) const;
    [[nodiscard]] Result<> readBody(const Sink& sink);

    [[nodiscard]] Answer make(Status status) const;
    [[nodiscard]] Answer uploadAnswer(Status status, const RegistryTarget& target,
                                      const std::string& id, std::uint64_t size) const;
    void send(Answer answer);
    void sendError(Status status, std::string_view code, std::string_view message);
    void sendFailure(const Error& error);
    void sendFile(const std::string& digest, std::uint64_t size);

    boost::asio::io_context& m_io;
    boost::beast::tcp_stream m_stream;
    const DirectoryState& m_state;
    boost::beast::flat_buffer m_buffer;
    std::optional<Parser> m_parser;
    bool m_open = true;
};

} // namespace remote::registry
