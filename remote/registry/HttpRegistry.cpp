// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/HttpRegistry.h"

#include "remote/registry/BlobUpload.h"
#include "remote/registry/Manifest.h"
#include "remote/registry/RegistryCaller.h"

#include <utility>

namespace remote::registry {

namespace fs = std::filesystem;

namespace {

using Method = HttpRequest::Method;
using Access = RegistryCaller::Access;
using Repeat = RegistryCaller::Repeat;

class HttpRegistry final : public Registry {
public:
    HttpRegistry(const HttpRegistryOptions& options, Url url, const emulator::Clock& clock,
                 std::function<double()> random)
        : m_uploads {options.uploadsFolder, options.chunkBytes}
        , m_caller(options, std::move(url), clock, std::move(random))
    {
    }

    std::string name() const override { return m_caller.name(); }

    Result<bool> hasBlob(const Descriptor& blob, std::stop_token stop) override
    {
        return has("blobs/" + blob.digest, {}, std::move(stop));
    }

    Result<Pushed> pushBlob(const Descriptor& blob, const fs::path& file,
                            const OnProgress& onProgress, std::stop_token stop) override
    {
        return BlobUpload(m_caller, blob, file, m_uploads).run(onProgress, std::move(stop));
    }

    Result<bool> mountBlob(const Descriptor& blob, std::string_view fromRepository,
                           std::stop_token stop) override;
    Result<> readBlob(const Descriptor& blob, std::uint64_t offset, const Sink& sink,
                      std::stop_token stop) override;

    Result<bool> hasManifest(std::string_view digest, std::stop_token stop) override
    {
        return has("manifests/" + std::string(digest), acceptManifest(), std::move(stop));
    }

    Result<std::string> getManifest(std::string_view digest, std::stop_token stop) override;
    Result<std::string> putManifest(std::string_view bytes, std::string_view tag,
                                    std::stop_token stop) override;

private:
    static std::vector<std::string> acceptManifest()
    {
        return {"Accept: " + std::string(mediatype::manifest)};
    }

    Result<bool> has(const std::string& path, std::vector<std::string> headers,
                     std::stop_token stop);

    const BlobUpload::Options m_uploads;
    RegistryCaller m_caller;
};

Result<bool> HttpRegistry::has(const std::string& path, std::vector<std::string> headers,
                               std::stop_token stop)
{
    const HttpRequest request {
        .method = Method::Head, .url = m_caller.url(path), .headers = std::move(headers)};
    TRY_ASSIGN(const auto response,
               m_caller.call(request, m_caller.scope(Access::Push), Repeat::Yes, std::move(stop)));
    if (response.good())
        return true;
    if (response.status == 404)
        return false;
    return m_caller.refusal(response);
}

Result<bool> HttpRegistry::mountBlob(const Descriptor& blob, std::string_view fromRepository,
                                     std::stop_token stop)
{
    if (!isRepository(fromRepository))
        return Error(ErrorCode::Invalid,
                     "\"" + std::string(fromRepository) + "\" is no name of a repository");
    HttpRequest request {.method = Method::Post, .url = m_caller.url("blobs/uploads/")};
    addQuery(request.url, "mount", blob.digest);
    addQuery(request.url, "from", fromRepository);
    const auto scope
        = m_caller.scope(Access::Push) + " repository:" + std::string(fromRepository) + ":pull";
    TRY_ASSIGN(const auto response, m_caller.call(request, scope, Repeat::Yes, std::move(stop)));
    // 202 opens an upload instead, which the registry forgets when nobody uses it. Who may not
    // read the other repository can still push.
    if (response.status == 201)
        return true;
    if (response.status == 202 || response.status == 403 || response.status == 404
        || response.status == 405)
        return false;
    return m_caller.refusal(response);
}

Result<> HttpRegistry::readBlob(const Descriptor& blob, std::uint64_t offset, const Sink& sink,
                                std::stop_token stop)
{
    HttpRequest request {.url = m_caller.url("blobs/" + blob.digest)};
    if (offset != 0)
        request.headers.push_back("Range: bytes=" + std::to_string(offset) + "-");
    auto left = blob.size - std::min(offset, blob.size);
    auto skipped = std::uint64_t {0};
    request.sink = [&](std::string_view bytes, long status) -> Result<> {
        // A registry that knows no ranges sends it all: what we have is passed over.
        if (status != 206) {
            const auto skip = std::min<std::uint64_t>(bytes.size(), offset - skipped);
            skipped += skip;
            bytes.remove_prefix(skip);
        }
        if (bytes.size() > left)
            return Error(ErrorCode::FailedPrecondition,
                         "the blob " + blob.digest + " is larger than its manifest says");
        left -= bytes.size();
        return bytes.empty() ? Result<>() : sink(bytes);
    };
    TRY_ASSIGN(const auto response,
               m_caller.call(request, m_caller.scope(Access::Pull), Repeat::Yes, std::move(stop)));
    if (!response.good())
        return m_caller.refusal(response);
    if (left != 0)
        return Error(ErrorCode::Unavailable, m_caller.name() + ": the blob ended too early");
    return {};
}

Result<std::string> HttpRegistry::getManifest(std::string_view digest, std::stop_token stop)
{
    if (!isDigest(digest))
        return Error(ErrorCode::Invalid, "\"" + std::string(digest) + "\" is no digest");
    const HttpRequest request {.url = m_caller.url("manifests/" + std::string(digest)),
                               .headers = acceptManifest()};
    TRY_ASSIGN(auto response,
               m_caller.call(request, m_caller.scope(Access::Pull), Repeat::Yes, std::move(stop)));
    if (!response.good())
        return m_caller.refusal(response);
    if (const auto found = digestOf(response.body); found != digest)
        return Error(ErrorCode::FailedPrecondition,
                     m_caller.name() + " gave another manifest (" + found + ") than was asked for ("
                         + std::string(digest) + ")");
    return std::move(response.body);
}

Result<std::string> HttpRegistry::putManifest(std::string_view bytes, std::string_view tag,
                                              std::stop_token stop)
{
    const auto reference = tag.empty() ? digestOf(bytes) : std::string(tag);
    const HttpRequest request {.method = Method::Put,
                               .url = m_caller.url("manifests/" + reference),
                               .headers = {"Content-Type: " + std::string(mediatype::manifest)},
                               .body = std::string(bytes)};
    TRY_ASSIGN(const auto response,
               m_caller.call(request, m_caller.scope(Access::Push), Repeat::Yes, stop));
    if (!response.good())
        return m_caller.refusal(response);
    if (auto reported = response.header("docker-content-digest"); !reported.empty())
        return reported;
    // It says nothing: what it gives for our digest is checked instead.
    auto digest = digestOf(bytes);
    TRY(getManifest(digest, std::move(stop)));
    return digest;
}

} // namespace

Result<std::unique_ptr<Registry>> createHttpRegistry(HttpRegistryOptions options,
                                                     const emulator::Clock& clock,
                                                     std::function<double()> random)
{
    TRY_ASSIGN(auto url, parseUrl(options.url));
    while (url.path.ends_with('/'))
        url.path.pop_back();
    if (url.path.empty() || !isRepository(url.path.substr(1)) || !url.query.empty())
        return Error(ErrorCode::Invalid,
                     url.origin() + url.path
                         + " names no repository; it should look like "
                           "https://registry.example.org/team/name, in lower case");
    if (url.scheme != "https" && !url.isLoopback()
        && options.plainHttp != HttpRegistryOptions::PlainHttp::Anywhere)
        return Error(ErrorCode::Invalid,
                     url.origin()
                         + " would be used without encryption; use https://, or allow plain HTTP "
                           "for this registry in the target's settings");
    if (options.chunkBytes == 0)
        return Error(ErrorCode::Invalid, "a chunk of no bytes");
    return std::unique_ptr<Registry>(
        std::make_unique<HttpRegistry>(options, std::move(url), clock, std::move(random)));
}

} // namespace remote::registry
