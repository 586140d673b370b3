// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/OciDirectory.h"

#include "emulator/base/Files.h"
#include "emulator/base/UniqueFd.h"
#include "remote/registry/Layout.h"
#include "remote/registry/Manifest.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace remote::registry {

using emulator::errnoError;
using emulator::UniqueFd;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t pieceBytes = std::size_t {1} << 20U;

/// Reads a file from `offset` to its end.
Result<> readFrom(const fs::path& path, std::uint64_t offset, const Sink& sink,
                  const std::stop_token& stop)
{
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file || ::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0)
        return errnoError("read " + path.string(), errno);
    std::string buffer(pieceBytes, '\0');
    for (;;) {
        if (stop.stop_requested())
            return Error(ErrorCode::Cancelled, "cancelled");
        const auto got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errnoError("read " + path.string(), errno);
        if (got == 0)
            return {};
        TRY(sink(std::string_view(buffer.data(), static_cast<std::size_t>(got))));
    }
}

class OciDirectory final : public Registry {
public:
    explicit OciDirectory(Layout layout)
        : m_layout(std::move(layout))
    {
    }

    std::string name() const override { return "oci:" + m_layout.folder().string(); }

    Result<bool> hasBlob(const Descriptor& blob, std::stop_token /*stop*/) override
    {
        return m_layout.blobSize(blob.digest) == blob.size;
    }

    Result<Pushed> pushBlob(const Descriptor& blob, const fs::path& file,
                            const OnProgress& onProgress, std::stop_token stop) override
    {
        TRY_ASSIGN(auto incoming, m_layout.incoming());
        const auto sink = [&](std::string_view bytes) -> Result<> {
            TRY(incoming.write(bytes));
            if (onProgress)
                onProgress({incoming.size(), blob.size, 0});
            return {};
        };
        TRY(readFrom(file, 0, sink, stop));
        TRY(incoming.commit(blob.digest));
        return Pushed {blob.size, 0};
    }

    Result<bool> mountBlob(const Descriptor& /*blob*/, std::string_view /*fromRepository*/,
                           std::stop_token /*stop*/) override
    {
        return false;
    }

    Result<> readBlob(const Descriptor& blob, std::uint64_t offset, const Sink& sink,
                      std::stop_token stop) override
    {
        if (!m_layout.blobSize(blob.digest))
            return Error(ErrorCode::NotFound, name() + " has no blob " + blob.digest);
        return readFrom(m_layout.blobFile(blob.digest), offset, sink, stop);
    }

    Result<bool> hasManifest(std::string_view digest, std::stop_token /*stop*/) override
    {
        return m_layout.blobSize(digest).has_value();
    }

    Result<std::string> getManifest(std::string_view digest, std::stop_token /*stop*/) override
    {
        if (!isDigest(digest))
            return Error(ErrorCode::Invalid, "\"" + std::string(digest) + "\" is no digest");
        return m_layout.get(digest);
    }

    Result<std::string> putManifest(std::string_view bytes, std::string_view tag,
                                    std::stop_token stop) override
    {
        TRY(parseManifest(bytes));
        TRY_ASSIGN(auto digest, m_layout.put(bytes));
        TRY(m_layout.addManifest({std::string(mediatype::manifest), digest, bytes.size(), {}}, tag,
                                 std::move(stop)));
        return digest;
    }

private:
    const Layout m_layout;
};

} // namespace

Result<std::unique_ptr<Registry>> createOciDirectory(fs::path folder)
{
    TRY_ASSIGN(auto layout, Layout::open(std::move(folder)));
    return std::unique_ptr<Registry>(std::make_unique<OciDirectory>(std::move(layout)));
}

} // namespace remote::registry
