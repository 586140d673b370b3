// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/BlobUpload.h"

#include "emulator/base/Files.h"
#include "emulator/base/Json.h"
#include "emulator/base/Log.h"
#include "remote/registry/FileLock.h"

#include <algorithm>
#include <charconv>

namespace remote::registry {

using emulator::Json;
namespace fs = std::filesystem;

namespace {

/// A session that vanishes again and again is a fault that another try does not mend.
constexpr int mostBegun = 3;
/// A registry may read the whole blob once more, from slow storage, before it answers.
constexpr std::uint64_t checkedBytesPerSecond = std::uint64_t {20} << 20U;
constexpr std::uint64_t largestChunk = std::uint64_t {256} << 20U;

/// "0-8388607" or "bytes=0-8388607": how much there is. "0-0" is how registries say "nothing".
std::optional<std::uint64_t> sizeOfRange(std::string_view range)
{
    if (range.starts_with("bytes="))
        range.remove_prefix(6);
    if (!range.starts_with("0-"))
        return std::nullopt;
    range.remove_prefix(2);
    std::uint64_t last = 0;
    const auto* end = range.data() + range.size();
    const auto [parsed, error] = std::from_chars(range.data(), end, last);
    if (error != std::errc() || parsed != end)
        return std::nullopt;
    return last == 0 ? 0 : last + 1;
}

} // namespace

BlobUpload::BlobUpload(RegistryCaller& caller, const Descriptor& blob, const fs::path& file,
                       Options options)
    : m_caller(caller)
    , m_blob(blob)
    , m_file(file)
    , m_options(std::move(options))
    , m_scope(caller.scope(RegistryCaller::Access::Push))
    , m_chunkBytes(m_options.chunkBytes)
{
}

Result<Registry::Pushed> BlobUpload::run(const OnProgress& onProgress, std::stop_token stop)
{
    std::optional<FileLock> lock;
    if (!m_options.uploadsFolder.empty()) {
        // Two pushes of one blob would write into one session.
        bool waited = false;
        TRY_ASSIGN(lock,
                   FileLock::acquire(m_options.uploadsFolder / ".locks" / m_blob.digest, stop,
                                     [&] { waited = true; }));
        if (waited) {
            TRY_ASSIGN(const bool there, isThere(stop));
            if (there)
                return m_pushed;
        }
        loadSession();
    }
    auto sent = sendAll(onProgress, stop);
    if (!sent)
        return Error(std::move(sent).error()).within("push " + m_blob.digest.substr(0, 19));
    forgetSession();
    return m_pushed;
}

Result<> BlobUpload::sendAll(const OnProgress& onProgress, std::stop_token stop)
{
    for (auto next = m_location ? Next::Ask : Next::Begin; next != Next::Done;) {
        if (next == Next::Ask) {
            TRY_ASSIGN(next, ask(stop));
        } else if (next == Next::Begin) {
            TRY(begin(stop));
            next = Next::Send;
        } else if (m_offset < m_blob.size) {
            TRY_ASSIGN(next, sendChunk(onProgress, stop));
        } else {
            TRY_ASSIGN(next, complete(stop));
        }
    }
    return {};
}

/// What is there beyond that which an earlier process brought was sent now.
void BlobUpload::reach(std::uint64_t offset)
{
    m_offset = offset;
    m_pushed.sent = offset - std::min(offset, m_pushed.resumed);
}

Result<> BlobUpload::begin(std::stop_token stop)
{
    if (++m_begun > mostBegun)
        return Error(ErrorCode::Unavailable,
                     m_caller.name() + " loses uploads; try again later, its log says more");
    forgetSession();
    m_pushed.resumed = 0;
    m_interrupted = false;
    reach(0);
    HttpRequest request {.method = HttpRequest::Method::Post,
                         .url = m_caller.url("blobs/uploads/")};
    TRY_ASSIGN(const auto response,
               m_caller.call(request, m_scope, RegistryCaller::Repeat::Yes, std::move(stop)));
    if (response.status != 202)
        return m_caller.refusal(response);
    const auto minimum = response.header("oci-chunk-min-length");
    std::uint64_t least = 0;
    std::from_chars(minimum.data(), minimum.data() + minimum.size(), least);
    m_chunkBytes = std::max(m_chunkBytes, std::min(least, largestChunk));
    m_location = request.url;
    TRY(follow(response));
    saveSession();
    return {};
}

Result<BlobUpload::Next> BlobUpload::sendChunk(const OnProgress& onProgress, std::stop_token stop)
{
    const auto size = std::min(m_chunkBytes, m_blob.size - m_offset);
    HttpRequest request {.method = HttpRequest::Method::Patch, .url = *m_location};
    request.headers = {"Content-Type: application/octet-stream",
                       "Content-Range: " + std::to_string(m_offset) + "-"
                           + std::to_string(m_offset + size - 1)};
    request.file = {m_file, m_offset, size};
    if (onProgress)
        request.onSent = [&](const Progress& chunk) {
            onProgress({m_offset + chunk.done, m_blob.size, m_pushed.resumed});
        };
    auto response = m_caller.call(request, m_scope, RegistryCaller::Repeat::No, stop);
    if (!response || !response->good())
        return failed(std::move(response), std::move(stop));
    m_failures = 0;
    TRY(follow(*response));
    const auto reached = sizeOfRange(response->header("range")).value_or(m_offset + size);
    if (reached <= m_offset || reached > m_blob.size)
        return Next::Begin;
    reach(reached);
    saveSession();
    return Next::Send;
}

Result<BlobUpload::Next> BlobUpload::ask(std::stop_token stop)
{
    const HttpRequest request {.url = *m_location};
    auto response = m_caller.call(request, m_scope, RegistryCaller::Repeat::No, stop);
    if (!response || RegistryCaller::isPassing(*response))
        return failed(std::move(response), std::move(stop));
    const auto size = sizeOfRange(response->header("range"));
    if (!response->good() || !size || *size > m_blob.size) {
        // The last call may have completed the upload without our learning of it.
        TRY_ASSIGN(const bool there, isThere(std::move(stop)));
        return there ? Next::Done : Next::Begin;
    }
    TRY(follow(*response));
    if (m_begun == 0 && !m_interrupted)
        m_pushed.resumed = *size;
    m_interrupted = true;
    reach(*size);
    return Next::Send;
}

Result<BlobUpload::Next> BlobUpload::complete(std::stop_token stop)
{
    HttpRequest request {.method = HttpRequest::Method::Put, .url = *m_location};
    addQuery(request.url, "digest", m_blob.digest);
    request.extraTime = std::chrono::seconds(m_blob.size / checkedBytesPerSecond);
    auto response = m_caller.call(request, m_scope, RegistryCaller::Repeat::No, stop);
    if (response && response->good())
        return Next::Done;
    if (response && response->status == 400 && !m_interrupted) {
        forgetSession();
        return Error(ErrorCode::FailedPrecondition, m_caller.refusal(*response).message())
            .within("its content is not taken");
    }
    TRY_ASSIGN(const bool there, isThere(stop));
    if (there)
        return Next::Done;
    return failed(std::move(response), std::move(stop));
}

Result<BlobUpload::Next> BlobUpload::failed(Result<HttpResponse> response, std::stop_token stop)
{
    if (!response && response.error().code() != ErrorCode::Unavailable)
        return std::move(response).error();
    if (response && !RegistryCaller::isPassing(*response)) {
        // Gone (404), or at another place than we thought (416, some registries 400).
        const auto status = response->status;
        if (status == 404 || status == 400 || status == 416)
            return Next::Begin;
        return m_caller.refusal(*response);
    }
    if (++m_failures >= m_caller.rules().attempts)
        return response ? m_caller.refusal(*response) : std::move(response).error();
    TRY(m_caller.pause(m_failures, response ? &*response : nullptr, std::move(stop)));
    return Next::Ask;
}

Result<bool> BlobUpload::isThere(std::stop_token stop)
{
    const HttpRequest request {.method = HttpRequest::Method::Head,
                               .url = m_caller.url("blobs/" + m_blob.digest)};
    TRY_ASSIGN(const auto response,
               m_caller.call(request, m_scope, RegistryCaller::Repeat::Yes, std::move(stop)));
    return response.status == 200;
}

Result<> BlobUpload::follow(const HttpResponse& response)
{
    const auto location = response.header("location");
    if (location.empty())
        return {};
    TRY_ASSIGN(auto url, resolveUrl(*m_location, location));
    const auto home = m_caller.url("");
    if (home.scheme == "https" && url.scheme != "https")
        return Error(ErrorCode::Denied,
                     m_caller.name()
                         + " wants the upload sent without encryption, which Slipway "
                           "does not do");
    m_location = std::move(url);
    return {};
}

fs::path BlobUpload::sessionFile() const
{
    return m_options.uploadsFolder / (m_blob.digest + ".json");
}

void BlobUpload::loadSession()
{
    const auto text = emulator::readFile(sessionFile());
    const auto json = text ? emulator::parseJson(*text) : Result<Json>(Json());
    if (!json || !json->is_object() || json->value("registry", "") != m_caller.name())
        return;
    if (auto url = parseUrl(json->value("location", "")))
        m_location = *std::move(url);
}

void BlobUpload::saveSession() const
{
    if (m_options.uploadsFolder.empty())
        return;
    const Json json {{"registry", m_caller.name()}, {"location", m_location->text()}};
    // Without the note the upload still works; it only cannot be taken up again later.
    if (const auto saved = emulator::writeFileAtomically(sessionFile(), json.dump(), 0600); !saved)
        emulator::log::warning("registry", saved.error().message());
}

void BlobUpload::forgetSession()
{
    m_location.reset();
    if (m_options.uploadsFolder.empty())
        return;
    std::error_code failed;
    fs::remove(sessionFile(), failed);
}

} // namespace remote::registry
