// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Url.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace remote::registry {

/// Part of a file as the body of a request.
struct FilePart {
    std::filesystem::path file;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct HttpRequest {
    enum class Method { Get, Head, Post, Patch, Put };

    Method method = Method::Get;
    Url url;
    std::vector<std::string> headers; ///< "Name: value"
    std::string body;
    FilePart file; ///< instead of `body` when its size is not 0
    /// Takes the body of a 2xx answer (its status beside it) as it comes; else it is collected.
    std::function<Result<>(std::string_view bytes, long status)> sink;
    OnProgress onSent; ///< of the body
    std::chrono::seconds extraTime {0}; ///< for an answer that takes work on the other side
};

struct HttpResponse {
    long status = 0;
    std::multimap<std::string, std::string> headers; ///< names in lower case
    std::string body;

    [[nodiscard]] bool good() const { return status >= 200 && status < 300; }
    [[nodiscard]] std::string header(const std::string& name) const;
};

/// Sends requests over HTTP/1.1 with libcurl and keeps connections open. GET and HEAD follow
/// redirections, to https only when the first URL was https, and take no credentials to another
/// host. Thread-safe.
class HttpClient {
public:
    struct Options {
        std::filesystem::path caFile;
        std::chrono::seconds connectTimeout {10};
        std::chrono::seconds stallTimeout {30};
        std::chrono::seconds answerTimeout {60};
    };

    explicit HttpClient(Options options);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Any answer is a value. Unavailable: there was none, trying again may help;
    /// FailedPrecondition: it will not (a certificate); else the sink's error, or Cancelled.
    [[nodiscard]] Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop);

private:
    struct Pool;
    const Options m_options;
    std::unique_ptr<Pool> m_pool;
};

} // namespace remote::registry
