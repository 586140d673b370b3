// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Http.h"

#include "emulator/base/Files.h"
#include "emulator/base/UniqueFd.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>

namespace remote::registry {

using emulator::errnoError;
using emulator::UniqueFd;

namespace {

/// Manifests are at most 4 MiB; an error page that is longer is cut.
constexpr std::size_t mostCollected = std::size_t {5} << 20U;
constexpr long slowBytesPerSecond = 1024;
constexpr long mostRedirections = 5;

struct FreeCurl {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
using Curl = std::unique_ptr<CURL, FreeCurl>;

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

HeaderList listOf(const std::vector<std::string>& headers)
{
    // curl would wait a second for "100 Continue" from servers that do not know it.
    curl_slist* list = curl_slist_append(nullptr, "Expect:");
    for (const auto& header : headers)
        list = curl_slist_append(list, header.c_str());
    return HeaderList(list);
}

/// One request on its way: what curl's callbacks share.
struct Transfer {
    const HttpRequest& request;
    std::stop_token stop;
    CURL* curl;
    HttpResponse response;
    UniqueFd file;
    std::uint64_t sent = 0; ///< of the body
    std::optional<Error> failed; ///< ours, not curl's
};

std::size_t onHeader(char* data, std::size_t size, std::size_t count, void* self)
{
    auto& transfer = *static_cast<Transfer*>(self);
    std::string_view line(data, size * count);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n'))
        line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
        transfer.response.headers.clear(); // of a redirection, or of a proxy's answer
        return size * count;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos)
        return size * count;
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto start = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
    transfer.response.headers.emplace(std::move(name), line.substr(start));
    return size * count;
}

std::size_t onBody(char* data, std::size_t size, std::size_t count, void* self)
{
    auto& transfer = *static_cast<Transfer*>(self);
    const std::string_view bytes(data, size * count);
    long status = 0;
    curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
    if (transfer.request.sink && status >= 200 && status < 300) {
        if (auto taken = transfer.request.sink(bytes, status); !taken) {
            transfer.failed = std::move(taken).error();
            return CURL_WRITEFUNC_ERROR;
        }
        return bytes.size();
    }
    auto& body = transfer.response.body;
    body.append(bytes.substr(0, mostCollected - std::min(body.size(), mostCollected)));
    return bytes.size();
}

std::size_t onSend(char* target, std::size_t size, std::size_t count, void* self)
{
    auto& transfer = *static_cast<Transfer*>(self);
    const auto& request = transfer.request;
    std::size_t given = 0;
    if (request.file.size != 0) {
        const auto left = request.file.size - transfer.sent;
        const auto wanted = std::min<std::uint64_t>(left, size * count);
        const auto got = ::pread(transfer.file.get(), target, wanted,
                                 static_cast<off_t>(request.file.offset + transfer.sent));
        if (got < 0 || (got == 0 && wanted != 0)) {
            transfer.failed
                = errnoError("read " + request.file.file.string(), got < 0 ? errno : EIO);
            return CURL_READFUNC_ABORT;
        }
        given = static_cast<std::size_t>(got);
    } else {
        given = std::min(request.body.size() - transfer.sent, size * count);
        std::memcpy(target, request.body.data() + transfer.sent, given);
    }
    transfer.sent += given;
    if (request.onSent)
        request.onSent({transfer.sent, transfer.sent, 0});
    return given;
}

int onSeek(void* self, curl_off_t offset, int origin)
{
    if (origin != SEEK_SET || offset < 0)
        return CURL_SEEKFUNC_CANTSEEK;
    static_cast<Transfer*>(self)->sent = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
}

int onProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<Transfer*>(self)->stop.stop_requested() ? 1 : 0;
}

void setMethod(CURL* curl, Transfer& transfer)
{
    const auto& request = transfer.request;
    using Method = HttpRequest::Method;
    if (request.method == Method::Head)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (request.method == Method::Get)
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    if (request.method == Method::Get || request.method == Method::Head) {
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(curl, CURLOPT_MAXREDIRS, mostRedirections);
        return;
    }
    const auto size = request.file.size != 0 ? request.file.size : request.body.size();
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, &onSend);
    curl_easy_setopt(curl, CURLOPT_READDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, &onSeek);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, &transfer);
    if (request.method != Method::Put)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST,
                         request.method == Method::Post ? "POST" : "PATCH");
}

void setCallbacks(CURL* curl, Transfer& transfer)
{
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &onHeader);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &onBody);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &onProgress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

void setConnection(CURL* curl, const HttpRequest& request, const HttpClient::Options& options)
{
    const auto& url = request.url;
    const char* protocols = url.scheme == "https" ? "https" : "http,https";
    curl_easy_setopt(curl, CURLOPT_URL, url.text().c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT,
                     static_cast<long>(options.connectTimeout.count()));
    if (!request.sink && request.file.size == 0) {
        // Nothing moves while the other side works, so only the whole is limited.
        const auto limit = options.answerTimeout + request.extraTime;
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(limit.count()));
    } else {
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, slowBytesPerSecond);
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
                         static_cast<long>(options.stallTimeout.count()));
    }
    if (!options.caFile.empty())
        curl_easy_setopt(curl, CURLOPT_CAINFO, options.caFile.c_str());
    if (url.isLoopback())
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
}

/// What curl's failure means to the user, and whether another try may help.
Error explain(CURLcode code, const char* detail, const Url& url)
{
    const std::string place = url.scheme + "://" + url.host + ":" + url.port;
    const std::string why = *detail != '\0' ? detail : curl_easy_strerror(code);
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return {ErrorCode::FailedPrecondition,
                place + ": its certificate is not trusted (" + why
                    + "); name the authority's file in the target's settings"};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_TOO_MANY_REDIRECTS:
        return {ErrorCode::FailedPrecondition, place + ": redirects to where we do not go: " + why};
    case CURLE_COULDNT_RESOLVE_HOST:
        return {ErrorCode::Unavailable,
                place + ": no such host; check the address and the network (" + why + ")"};
    case CURLE_COULDNT_CONNECT:
        return {ErrorCode::Unavailable,
                place
                    + ": nobody answers; is it running, and is this network allowed to reach it? ("
                    + why + ")"};
    case CURLE_OPERATION_TIMEDOUT:
        return {ErrorCode::Unavailable, place + ": did not answer in time (" + why + ")"};
    default:
        return {ErrorCode::Unavailable, place + ": the connection broke (" + why + ")"};
    }
}

void initialiseOnce()
{
    static const auto result = curl_global_init(CURL_GLOBAL_DEFAULT);
    static_cast<void>(result);
}

} // namespace

std::string HttpResponse::header(const std::string& name) const
{
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

/// Handles that are not in use; each keeps its connection open.
struct HttpClient::Pool {
    std::mutex mutex;
    std::vector<Curl> idle;

    Curl take()
    {
        const std::scoped_lock lock(mutex);
        if (idle.empty())
            return Curl(curl_easy_init());
        auto curl = std::move(idle.back());
        idle.pop_back();
        return curl;
    }

    void give(Curl curl)
    {
        curl_easy_reset(curl.get());
        const std::scoped_lock lock(mutex);
        idle.push_back(std::move(curl));
    }
};

HttpClient::HttpClient(Options options)
    : m_options(std::move(options))
    , m_pool(std::make_unique<Pool>())
{
    initialiseOnce();
}

HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::send(const HttpRequest& request, std::stop_token stop)
{
    auto curl = m_pool->take();
    if (!curl)
        return Error(ErrorCode::Exhausted, "no memory for a connection");
    Transfer transfer {request, std::move(stop), curl.get(), {}, {}, 0, {}};
    if (request.file.size != 0) {
        transfer.file = UniqueFd(::open(request.file.file.c_str(), O_RDONLY | O_CLOEXEC));
        if (!transfer.file)
            return errnoError("read " + request.file.file.string(), errno);
    }
    std::array<char, CURL_ERROR_SIZE> detail {};
    const auto headers = listOf(request.headers);
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail.data());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    setConnection(curl.get(), request, m_options);
    setMethod(curl.get(), transfer);
    setCallbacks(curl.get(), transfer);
    const auto code = curl_easy_perform(curl.get());
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &transfer.response.status);
    m_pool->give(std::move(curl));
    if (transfer.failed)
        return *std::move(transfer.failed);
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return Error(ErrorCode::Cancelled, "cancelled");
    if (code != CURLE_OK)
        return explain(code, detail.data(), request.url);
    return std::move(transfer.response);
}

} // namespace remote::registry
