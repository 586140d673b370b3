// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/DirectoryConnection.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"
#include "emulator/base/Json.h"
#include "emulator/base/Log.h"
#include "remote/registry/Manifest.h"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace remote::registry {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Kind = RegistryTarget::Kind;

namespace {

/// For a request to begin, and for each piece of a body.
constexpr std::chrono::seconds patience {60};
constexpr std::size_t pieceBytes = std::size_t {256} << 10U;

bool sameText(std::string_view a, std::string_view b)
{
    unsigned difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    return difference == 0;
}

/// Nothing is said as "0-0".
std::string rangeOf(std::uint64_t size)
{
    return "0-" + std::to_string(size == 0 ? 0 : size - 1);
}

} // namespace

DirectoryConnection::DirectoryConnection(asio::io_context& io, asio::ip::tcp::socket socket,
                                         const DirectoryState& state)
    : m_io(io)
    , m_stream(std::move(socket))
    , m_state(state)
{
}

beast::error_code
DirectoryConnection::wait(const std::function<void(std::function<void(beast::error_code)>)>& start)
{
    beast::error_code result = asio::error::operation_aborted;
    m_stream.expires_after(patience);
    start([&](beast::error_code error) { result = error; });
    m_io.restart();
    m_io.run();
    return result;
}

void DirectoryConnection::stop()
{
    asio::post(m_io, [this] {
        m_open = false;
        m_stream.close();
    });
}

void DirectoryConnection::serve()
{
    while (m_open) {
        m_parser.emplace();
        m_parser->body_limit(boost::none);
        const auto error = wait([&](auto done) {
            http::async_read_header(
                m_stream, m_buffer, *m_parser,
                [done](beast::error_code failed, std::size_t) { done(failed); });
        });
        if (error)
            return;
        answer();
        // A body that nobody read would be taken for the next request.
        if (!m_parser->is_done() || !m_parser->get().keep_alive())
            return;
    }
}

void DirectoryConnection::refuse()
{
    m_parser.emplace();
    sendError(Status::service_unavailable, "TOOMANYREQUESTS", "too many connections");
}

std::string DirectoryConnection::header(http::field name) const
{
    const auto value = m_parser->get()[name];
    return {value.data(), value.size()};
}

bool DirectoryConnection::isAllowed() const
{
    const auto given = header(http::field::authorization);
    constexpr std::string_view bearer = "Bearer ";
    constexpr std::string_view basic = "Basic ";
    if (given.starts_with(bearer))
        return sameText(std::string_view(given).substr(bearer.size()), m_state.token);
    if (!given.starts_with(basic))
        return false;
    const auto pair = emulator::fromBase64(std::string_view(given).substr(basic.size()));
    const auto colon = pair.find(':');
    return colon != std::string::npos
        && sameText(std::string_view(pair).substr(colon + 1), m_state.token);
}

void DirectoryConnection::answer()
{
    if (!isAllowed()) {
        auto refusal = make(Status::unauthorized);
        refusal.set(http::field::www_authenticate, "Basic realm=\"slipway\"");
        refusal.body() = R"({"errors":[{"code":"UNAUTHORIZED","message":"wrong or no token"}]})";
        return send(std::move(refusal));
    }
    const auto text = m_parser->get().target();
    const auto target = parseRegistryTarget({text.data(), text.size()});
    if (!target)
        return sendError(Status::not_found, "NAME_INVALID", "there is nothing of that name");
    switch (target->kind) {
    case Kind::Version:
        return send(make(Status::ok));
    case Kind::Blob:
        return answerBlob(*target);
    case Kind::Uploads:
        return answerUploads(*target);
    case Kind::Upload:
        return answerUpload(*target);
    case Kind::Manifest:
        return answerManifest(*target);
    }
}

void DirectoryConnection::answerBlob(const RegistryTarget& target)
{
    const auto method = m_parser->get().method();
    if (method != http::verb::get && method != http::verb::head)
        return sendError(Status::method_not_allowed, "UNSUPPORTED", "blobs are read, or uploaded");
    const auto size = m_state.layout.blobSize(target.reference);
    if (!size)
        return sendError(Status::not_found, "BLOB_UNKNOWN", "there is no such blob");
    sendFile(target.reference, *size);
}

void DirectoryConnection::answerUploads(const RegistryTarget& target)
{
    if (m_parser->get().method() != http::verb::post)
        return sendError(Status::method_not_allowed, "UNSUPPORTED", "uploads are begun with POST");
    const auto id = m_state.uploads.begin();
    if (!id)
        return sendFailure(id.error());
    send(uploadAnswer(Status::accepted, target, *id, 0));
}

void DirectoryConnection::answerUpload(const RegistryTarget& target)
{
    switch (m_parser->get().method()) {
    case http::verb::patch:
        return patchUpload(target);
    case http::verb::put:
        return completeUpload(target);
    case http::verb::get: {
        const auto size = m_state.uploads.sizeOf(target.reference);
        if (!size)
            return sendFailure(size.error());
        return send(uploadAnswer(Status::no_content, target, target.reference, *size));
    }
    default:
        return sendError(Status::method_not_allowed, "UNSUPPORTED",
                         "an upload knows GET, PATCH and PUT");
    }
}

void DirectoryConnection::patchUpload(const RegistryTarget& target)
{
    auto writer = m_state.uploads.open(target.reference);
    if (!writer)
        return sendFailure(writer.error());
    const auto stated = header(http::field::content_range);
    const auto range = parseContentRange(stated);
    const auto size = writer->size();
    const auto length = m_parser->content_length();
    const bool fits
        = range && range->first == size && (!length || *length == range->last - range->first + 1);
    if (!stated.empty() && !fits) {
        auto refusal = uploadAnswer(Status::range_not_satisfiable, target, target.reference, size);
        refusal.body() = R"({"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"it goes on at )"
            + std::to_string(size) + "\"}]}";
        return send(std::move(refusal));
    }
    // What has come stays when the connection breaks: the client asks and goes on.
    if (const auto read = readBody([&](auto bytes) { return writer->append(bytes); }); !read)
        return sendFailure(read.error());
    send(uploadAnswer(Status::accepted, target, target.reference, writer->size()));
}

void DirectoryConnection::completeUpload(const RegistryTarget& target)
{
    const auto digest = target.query.find("digest");
    if (digest == target.query.end() || !isDigest(digest->second))
        return sendError(Status::bad_request, "DIGEST_INVALID", "a SHA-256 digest is needed");
    {
        auto writer = m_state.uploads.open(target.reference);
        if (!writer)
            return sendFailure(writer.error());
        if (const auto read = readBody([&](auto bytes) { return writer->append(bytes); }); !read)
            return sendFailure(read.error());
    }
    if (const auto done = m_state.uploads.complete(target.reference, digest->second); !done) {
        if (done.error().code() == ErrorCode::FailedPrecondition)
            return sendError(Status::bad_request, "DIGEST_INVALID", done.error().message());
        return sendFailure(done.error());
    }
    auto created = make(Status::created);
    created.set(http::field::location, "/v2/" + target.repository + "/blobs/" + digest->second);
    created.set("Docker-Content-Digest", digest->second);
    send(std::move(created));
}

void DirectoryConnection::answerManifest(const RegistryTarget& target)
{
    switch (m_parser->get().method()) {
    case http::verb::get:
    case http::verb::head:
        return getManifest(target);
    case http::verb::put:
        return putManifest(target);
    default:
        return sendError(Status::method_not_allowed, "UNSUPPORTED",
                         "a manifest knows HEAD, GET and PUT");
    }
}

std::optional<std::string> DirectoryConnection::resolve(const std::string& reference) const
{
    if (isDigest(reference))
        return reference;
    const auto manifests = m_state.layout.manifests();
    if (!manifests)
        return std::nullopt;
    for (const auto& manifest : *manifests) {
        const auto name = manifest.annotations.find(std::string(annotation::referenceName));
        if (name != manifest.annotations.end() && name->second == reference)
            return manifest.digest;
    }
    return std::nullopt;
}

void DirectoryConnection::getManifest(const RegistryTarget& target)
{
    const auto digest = resolve(target.reference);
    const auto bytes = digest ? m_state.layout.get(*digest)
                              : Result<std::string>(Error(ErrorCode::NotFound, {}));
    if (!bytes && bytes.error().code() != ErrorCode::NotFound)
        return sendFailure(bytes.error());
    // A layer is no manifest, even if somebody asks for it as one.
    if (!bytes || !parseManifest(*bytes))
        return sendError(Status::not_found, "MANIFEST_UNKNOWN", "there is no such manifest");
    auto found = make(Status::ok);
    found.set(http::field::content_type, std::string(mediatype::manifest));
    found.set("Docker-Content-Digest", *digest);
    found.body() = *bytes;
    send(std::move(found));
}

void DirectoryConnection::putManifest(const RegistryTarget& target)
{
    std::string bytes;
    const auto read = readBody([&](std::string_view piece) -> Result<> {
        if (bytes.size() + piece.size() > mostManifestBytes)
            return Error(ErrorCode::Exhausted, "a manifest has at most 4 MiB");
        bytes += piece;
        return {};
    });
    if (!read)
        return sendFailure(read.error());
    const auto digest = digestOf(bytes);
    if (isDigest(target.reference) && target.reference != digest)
        return sendError(Status::bad_request, "DIGEST_INVALID", "its digest is " + digest);
    const auto manifest = parseManifest(bytes);
    if (!manifest)
        return sendError(Status::bad_request, "MANIFEST_INVALID", manifest.error().message());
    auto named = manifest->layers;
    named.push_back(manifest->config);
    for (const auto& blob : named)
        if (m_state.layout.blobSize(blob.digest) != blob.size)
            return sendError(Status::not_found, "MANIFEST_BLOB_UNKNOWN",
                             "push " + blob.digest + " first");
    const auto tag = isDigest(target.reference) ? std::string() : target.reference;
    const auto kept = m_state.layout.put(bytes);
    const auto added = kept
        ? m_state.layout.addManifest({std::string(mediatype::manifest), digest, bytes.size(), {}},
                                     tag, {})
        : Result<>(kept.error());
    if (!added)
        return sendFailure(added.error());
    auto created = make(Status::created);
    created.set(http::field::location, "/v2/" + target.repository + "/manifests/" + digest);
    created.set("Docker-Content-Digest", digest);
    send(std::move(created));
}

Result<> DirectoryConnection::readBody(const Sink& sink)
{
    std::string buffer(pieceBytes, '\0');
    while (!m_parser->is_done()) {
        auto& body = m_parser->get().body();
        body.data = buffer.data();
        body.size = buffer.size();
        const auto error = wait([&](auto done) {
            http::async_read(m_stream, m_buffer, *m_parser,
                             [done](beast::error_code failed, std::size_t) { done(failed); });
        });
        // What came before the end is good, whatever the end was.
        TRY(sink(std::string_view(buffer.data(), buffer.size() - body.size)));
        if (error && error != http::error::need_buffer) {
            m_open = false;
            return Error(ErrorCode::Unavailable, "the connection broke: " + error.message());
        }
    }
    return {};
}

DirectoryConnection::Answer DirectoryConnection::make(Status status) const
{
    Answer answer(status, 11);
    answer.set("Docker-Distribution-Api-Version", "registry/2.0");
    answer.set(http::field::content_type, "application/json");
    return answer;
}

DirectoryConnection::Answer DirectoryConnection::uploadAnswer(Status status,
                                                              const RegistryTarget& target,
                                                              const std::string& id,
                                                              std::uint64_t size) const
{
    auto answer = make(status);
    answer.set(http::field::location, "/v2/" + target.repository + "/blobs/uploads/" + id);
    answer.set(http::field::range, rangeOf(size));
    answer.set("Docker-Upload-UUID", id);
    return answer;
}

void DirectoryConnection::send(Answer answer)
{
    if (!m_open)
        return;
    answer.keep_alive(m_parser->is_done() && m_parser->get().keep_alive());
    answer.prepare_payload();
    const bool head = m_parser->get().method() == http::verb::head;
    if (head)
        answer.body().clear(); // its length was said
    http::response_serializer<http::string_body> serializer(answer);
    serializer.split(head);
    const auto error = wait([&](auto done) {
        const auto handler = [done](beast::error_code failed, std::size_t) { done(failed); };
        if (head)
            http::async_write_header(m_stream, serializer, handler);
        else
            http::async_write(m_stream, serializer, handler);
    });
    m_open = m_open && !error;
}

void DirectoryConnection::sendError(Status status, std::string_view code, std::string_view message)
{
    auto answer = make(status);
    const emulator::Json error {{"code", code}, {"message", message}};
    answer.body() = emulator::Json {{"errors", emulator::Json::array({error})}}.dump(
        -1, ' ', false, emulator::Json::error_handler_t::replace);
    send(std::move(answer));
}

void DirectoryConnection::sendFailure(const Error& error)
{
    switch (error.code()) {
    case ErrorCode::NotFound:
        return sendError(Status::not_found, "BLOB_UPLOAD_UNKNOWN", error.message());
    case ErrorCode::FailedPrecondition:
        return sendError(Status::conflict, "BLOB_UPLOAD_INVALID", error.message());
    case ErrorCode::Exhausted:
        return sendError(Status::payload_too_large, "SIZE_INVALID", error.message());
    default:
        emulator::log::error("registry", error.message());
        return sendError(Status::internal_server_error, "UNKNOWN", error.message());
    }
}

void DirectoryConnection::sendFile(const std::string& digest, std::uint64_t size)
{
    const auto stated = header(http::field::range);
    const auto range = parseByteRange(stated, size);
    if (!stated.empty() && !range)
        return sendError(Status::range_not_satisfiable, "RANGE_INVALID", "no such part");
    const bool part = range.has_value();
    const auto first = part ? range->first : 0;
    auto left = part ? range->last - range->first + 1 : size;
    const auto path = m_state.layout.blobFile(digest);
    const emulator::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return sendFailure(emulator::errnoError("read " + path.string(), errno));

    auto answer = make(part ? Status::partial_content : Status::ok);
    answer.set(http::field::content_type, "application/octet-stream");
    answer.set(http::field::accept_ranges, "bytes");
    answer.set("Docker-Content-Digest", digest);
    if (part)
        answer.set(http::field::content_range,
                   "bytes " + std::to_string(first) + "-" + std::to_string(range->last) + "/"
                       + std::to_string(size));
    answer.keep_alive(m_parser->get().keep_alive());
    answer.content_length(left);
    http::response_serializer<http::string_body> serializer(answer);
    serializer.split(true);
    auto error = wait([&](auto done) {
        http::async_write_header(m_stream, serializer,
                                 [done](beast::error_code failed, std::size_t) { done(failed); });
    });
    std::string buffer(std::min<std::uint64_t>(pieceBytes, left), '\0');
    auto at = static_cast<off_t>(first);
    while (!error && left != 0 && m_parser->get().method() == http::verb::get) {
        const auto got
            = ::pread(file.get(), buffer.data(), std::min<std::uint64_t>(buffer.size(), left), at);
        if (got <= 0) {
            m_open = false; // the length was promised
            return;
        }
        at += got;
        left -= static_cast<std::uint64_t>(got);
        error = wait([&](auto done) {
            asio::async_write(m_stream, asio::buffer(buffer.data(), static_cast<std::size_t>(got)),
                              [done](beast::error_code failed, std::size_t) { done(failed); });
        });
    }
    m_open = m_open && !error;
}

} // namespace remote::registry
