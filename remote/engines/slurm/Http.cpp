// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/Http.h"

#include <curl/curl.h>

#include <memory>

namespace remote::slurm {
namespace {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;

constexpr std::size_t largestReply = std::size_t {256} << 20U; // 50 000 jobs are about 150 MB

std::size_t collect(const char* data, std::size_t, std::size_t size, void* target)
{
    auto& body = *static_cast<std::string*>(target);
    if (body.size() + size > largestReply)
        return 0;
    body.append(data, size);
    return size;
}

struct FreeHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

bool startLibrary()
{
    static const bool started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return started;
}

} // namespace

Result<HttpReply> send(const HttpCall& call)
{
    const std::unique_ptr<CURL, FreeHandle> handle(startLibrary() ? curl_easy_init() : nullptr);
    if (!handle)
        return Error(ErrorCode::Internal, "libcurl cannot be started");
    std::unique_ptr<curl_slist, FreeList> headers;
    const auto addHeader = [&](const std::string& header) {
        headers.reset(curl_slist_append(headers.release(), header.c_str()));
    };
    for (const auto& header : call.headers)
        addHeader(header);
    if (!call.body.empty())
        addHeader("Content-Type: application/json");
    addHeader("Expect:");

    HttpReply reply;
    CURL* curl = handle.get();
    curl_easy_setopt(curl, CURLOPT_URL, call.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
    if (!call.socket.empty())
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, call.socket.c_str());
    if (!call.body.empty()) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body.data());
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(call.body.size()));
    }
    const auto code = curl_easy_perform(curl);
    const auto where = call.socket.empty() ? call.url : call.socket;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return Error(ErrorCode::Unavailable,
                     "slurmrestd did not answer within " + std::to_string(call.timeout.count())
                         + " ms (" + where + ")");
    if (code == CURLE_WRITE_ERROR)
        return Error(ErrorCode::Unsupported,
                     "slurmrestd's answer is larger than 256 MB: use the CLI driver for a cluster "
                     "of this size");
    if (code != CURLE_OK)
        return Error(ErrorCode::Unavailable,
                     "slurmrestd cannot be reached at " + where + ": " + curl_easy_strerror(code));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
    return reply;
}

} // namespace remote::slurm
