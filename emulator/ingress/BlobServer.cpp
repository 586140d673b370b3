// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/ingress/BlobServer.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"
#include "emulator/base/Log.h"

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <thread>

namespace emulator::ingress {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr Micros validity = 24LL * 3600 * 1'000'000;

/// What a URL says: /blobs/ID?expires=…&signature=…
struct Target {
    std::string blobId;
    Micros expires = 0;
    std::string signature;
};

bool safe(std::string_view blobId)
{
    return !blobId.empty() && blobId.size() <= 64
        && std::all_of(blobId.begin(), blobId.end(), [](unsigned char c) {
               return std::isalnum(c) != 0 || c == '-' || c == '_';
           });
}

Target parseTarget(std::string_view target)
{
    Target parsed;
    constexpr std::string_view prefix = "/blobs/";
    if (!target.starts_with(prefix))
        return parsed;
    target.remove_prefix(prefix.size());
    const auto question = target.find('?');
    parsed.blobId = target.substr(0, question);
    if (question == std::string_view::npos)
        return parsed;
    target.remove_prefix(question + 1);
    while (!target.empty()) {
        const auto end = std::min(target.find('&'), target.size());
        const auto pair = target.substr(0, end);
        target.remove_prefix(std::min(end + 1, target.size()));
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos)
            continue;
        const auto value = pair.substr(equals + 1);
        if (pair.substr(0, equals) == "expires")
            std::from_chars(value.data(), value.data() + value.size(), parsed.expires);
        else if (pair.substr(0, equals) == "signature")
            parsed.signature = value;
    }
    return parsed;
}

/// The signature of one method on one blob until one time.
std::string sign(const std::string& key, std::string_view method, std::string_view blobId,
                 Micros expires)
{
    return toHex(hmacSha256(
        key, std::string(method) + '\n' + std::string(blobId) + '\n' + std::to_string(expires)));
}

bool sameText(std::string_view a, std::string_view b)
{
    unsigned difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    return difference == 0;
}

class BeastBlobServer;

/// One connection: reads a request, answers it, and again until the client closes.
class Connection final : public std::enable_shared_from_this<Connection> {
public:
    Connection(tcp::socket socket, const BeastBlobServer& server)
        : m_stream(std::move(socket))
        , m_server(server)
    {
    }

    void read();

private:
    void answer();
    void send(http::status status, std::string body, std::string etag = {});
    void sendFile(const std::filesystem::path& path);
    template<typename Body>
    void write(std::shared_ptr<http::response<Body>> response);

    beast::tcp_stream m_stream;
    const BeastBlobServer& m_server;
    beast::flat_buffer m_buffer;
    std::optional<http::request_parser<http::string_body>> m_parser;
};

class BeastBlobServer final : public BlobServer {
public:
    BeastBlobServer(const Options& options, const Clock& clock)
        : m_options(options)
        , m_clock(clock)
        , m_acceptor(m_io)
    {
    }

    ~BeastBlobServer() override
    {
        m_io.stop();
        if (m_thread.joinable())
            m_thread.join();
    }

    Result<> start()
    {
        std::error_code made;
        std::filesystem::create_directories(m_options.folder, made);
        if (made)
            return errnoError("make " + m_options.folder.string(), made.value());
        beast::error_code error;
        const auto address = asio::ip::make_address(m_options.address, error);
        const tcp::endpoint endpoint(address, m_options.port);
        if (!error)
            m_acceptor.open(endpoint.protocol(), error);
        if (!error)
            m_acceptor.set_option(asio::socket_base::reuse_address(true), error);
        if (!error)
            m_acceptor.bind(endpoint, error);
        if (!error)
            m_acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (error)
            return Error(ErrorCode::Unavailable,
                         "listen for blobs on " + m_options.address + ":"
                             + std::to_string(m_options.port) + ": " + error.message()
                             + "; stop the program that holds it or choose another port");
        m_port = m_acceptor.local_endpoint().port();
        accept();
        m_thread = std::thread([this] { m_io.run(); });
        return {};
    }

    std::uint16_t port() const override { return m_port; }
    std::string uploadUrl(std::string_view blobId, const std::string& base) const override
    {
        return url("PUT", blobId, base);
    }
    std::string downloadUrl(std::string_view blobId, const std::string& base) const override
    {
        return url("GET", blobId, base);
    }
    std::filesystem::path pathOf(std::string_view blobId) const override
    {
        return m_options.folder / (safe(blobId) ? std::string(blobId) : "none");
    }

    bool allows(std::string_view method, const Target& target) const
    {
        return safe(target.blobId) && target.expires > m_clock.now()
            && sameText(target.signature,
                        sign(m_options.key, method, target.blobId, target.expires));
    }
    std::uint64_t maxBytes() const { return m_options.maxBytes; }

private:
    std::string url(std::string_view method, std::string_view blobId, const std::string& base) const
    {
        const auto expires = m_clock.now() + validity;
        return (base.empty() ? "http://" + m_options.address + ":" + std::to_string(m_port) : base)
            + "/blobs/" + std::string(blobId) + "?expires=" + std::to_string(expires)
            + "&signature=" + sign(m_options.key, method, blobId, expires);
    }

    void accept()
    {
        m_acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
            if (error == asio::error::operation_aborted)
                return;
            if (!error)
                std::make_shared<Connection>(std::move(socket), *this)->read();
            accept();
        });
    }

    const Options m_options;
    const Clock& m_clock;
    asio::io_context m_io {1};
    tcp::acceptor m_acceptor;
    std::uint16_t m_port = 0;
    std::thread m_thread;
};

void Connection::read()
{
    m_parser.emplace();
    m_parser->body_limit(m_server.maxBytes());
    m_stream.expires_after(std::chrono::minutes(10));
    http::async_read(m_stream, m_buffer, *m_parser,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                         if (error == http::error::body_limit)
                             self->send(http::status::payload_too_large, "the blob is too large");
                         else if (!error)
                             self->answer();
                     });
}

void Connection::answer()
{
    const auto& request = m_parser->get();
    const auto target = parseTarget({request.target().data(), request.target().size()});
    const std::string method(request.method_string());
    if (!m_server.allows(method, target)) {
        send(http::status::forbidden, "the link is not valid (any more); ask for a new one");
        return;
    }
    const auto path = m_server.pathOf(target.blobId);
    if (request.method() == http::verb::get) {
        sendFile(path);
        return;
    }
    if (const auto written = writeFileAtomically(path, request.body(), 0600); !written) {
        log::error("ingress", written.error().message());
        send(http::status::service_unavailable, written.error().message());
        return;
    }
    send(http::status::ok, {}, toHex(md5(request.body())));
}

void Connection::send(http::status status, std::string body, std::string etag)
{
    auto response
        = std::make_shared<http::response<http::string_body>>(status, m_parser->get().version());
    response->set(http::field::content_type, "text/plain; charset=utf-8");
    if (!etag.empty())
        response->set(http::field::etag, '"' + etag + '"');
    response->body() = std::move(body);
    write(std::move(response));
}

void Connection::sendFile(const std::filesystem::path& path)
{
    beast::error_code error;
    http::file_body::value_type file;
    file.open(path.c_str(), beast::file_mode::scan, error);
    if (error) {
        send(http::status::not_found, "there is no such blob");
        return;
    }
    auto response = std::make_shared<http::response<http::file_body>>(http::status::ok,
                                                                      m_parser->get().version());
    response->set(http::field::content_type, "application/octet-stream");
    response->body() = std::move(file);
    write(std::move(response));
}

template<typename Body>
void Connection::write(std::shared_ptr<http::response<Body>> response)
{
    response->keep_alive(m_parser->get().keep_alive());
    response->prepare_payload();
    auto& message = *response;
    http::async_write(m_stream, message,
                      [self = shared_from_this(),
                       response = std::move(response)](beast::error_code error, std::size_t) {
                          if (!error && response->keep_alive())
                              self->read();
                      });
}

} // namespace

Result<std::unique_ptr<BlobServer>> BlobServer::create(const Options& options, const Clock& clock)
{
    auto server = std::make_unique<BeastBlobServer>(options, clock);
    TRY(server->start());
    return std::unique_ptr<BlobServer>(std::move(server));
}

} // namespace emulator::ingress
