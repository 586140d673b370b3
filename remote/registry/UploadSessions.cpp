// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/UploadSessions.h"

#include "emulator/base/Files.h"
#include "emulator/base/Id.h"
#include "emulator/base/UniqueFd.h"
#include "remote/registry/Sha256.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace remote::registry {

using emulator::errnoError;
using emulator::UniqueFd;
namespace fs = std::filesystem;

namespace {

constexpr auto oldestUpload = std::chrono::hours(24);
constexpr std::size_t idOctets = 16;
constexpr std::size_t pieceBytes = std::size_t {1} << 20U;

/// Ids are ours: 32 hexadecimal digits, so that none is a path.
bool isId(std::string_view id)
{
    return id.size() == 2 * idOctets && std::ranges::all_of(id, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Error unknown()
{
    return {ErrorCode::NotFound, "there is no such upload; begin it again"};
}

Result<std::string> digestOfFile(int fd)
{
    Sha256 digest;
    std::string buffer(pieceBytes, '\0');
    for (off_t at = 0;;) {
        const auto got = ::pread(fd, buffer.data(), buffer.size(), at);
        if (got < 0)
            return errnoError("read an upload", errno);
        if (got == 0)
            return digest.digest();
        digest.update(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
        at += got;
    }
}

} // namespace

struct UploadSessions::Session {
    std::mutex mutex;
    UniqueFd fd;
    std::uint64_t size = 0;
    std::uint64_t turn = 0; ///< of the writer that may write
};

std::uint64_t UploadSessions::Writer::size() const
{
    const std::scoped_lock lock(m_session->mutex);
    return m_session->size;
}

Result<> UploadSessions::Writer::append(std::string_view bytes)
{
    const std::scoped_lock lock(m_session->mutex);
    if (m_session->turn != m_turn)
        return Error(ErrorCode::FailedPrecondition, "another connection has taken over the upload");
    while (!bytes.empty()) {
        const auto written = ::pwrite(m_session->fd.get(), bytes.data(), bytes.size(),
                                      static_cast<off_t>(m_session->size));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errnoError("write an upload", errno);
        m_session->size += static_cast<std::uint64_t>(written);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<std::unique_ptr<UploadSessions>> UploadSessions::create(const Layout& layout)
{
    auto sessions = std::unique_ptr<UploadSessions>(new UploadSessions(layout));
    std::error_code failed;
    fs::create_directories(sessions->folder(), failed);
    if (failed)
        return errnoError("make folder " + sessions->folder().string(), failed.value());
    const auto now = fs::file_time_type::clock::now();
    for (const auto& entry : fs::directory_iterator(sessions->folder(), failed)) {
        std::error_code gone;
        if (now - entry.last_write_time(gone) > oldestUpload && !gone)
            fs::remove(entry.path(), gone);
    }
    return sessions;
}

Result<std::string> UploadSessions::begin()
{
    auto id = emulator::randomHex(idOctets);
    const UniqueFd fd(::open((folder() / id).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd)
        return errnoError("begin an upload", errno);
    return id;
}

Result<std::shared_ptr<UploadSessions::Session>> UploadSessions::find(const std::string& id)
{
    if (!isId(id))
        return unknown();
    const std::scoped_lock lock(m_mutex);
    if (const auto known = m_sessions.find(id); known != m_sessions.end())
        return known->second;
    auto session = std::make_shared<Session>();
    session->fd = UniqueFd(::open((folder() / id).c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!session->fd || ::fstat(session->fd.get(), &status) != 0)
        return unknown();
    session->size = static_cast<std::uint64_t>(status.st_size);
    m_sessions[id] = session;
    return session;
}

Result<UploadSessions::Writer> UploadSessions::open(const std::string& id)
{
    TRY_ASSIGN(auto session, find(id));
    const std::scoped_lock lock(session->mutex);
    const auto turn = ++session->turn;
    return Writer(session, turn);
}

Result<std::uint64_t> UploadSessions::sizeOf(const std::string& id)
{
    TRY_ASSIGN(const auto session, find(id));
    const std::scoped_lock lock(session->mutex);
    return session->size;
}

Result<> UploadSessions::complete(const std::string& id, std::string_view digest)
{
    TRY_ASSIGN(const auto session, find(id));
    const std::scoped_lock lock(session->mutex);
    ++session->turn;
    const auto file = folder() / id;
    TRY_ASSIGN(const auto found, digestOfFile(session->fd.get()));
    {
        const std::scoped_lock forget(m_mutex);
        m_sessions.erase(id);
    }
    if (found == digest)
        return m_layout.adopt(file, digest);
    ::unlink(file.c_str());
    return Error(ErrorCode::FailedPrecondition,
                 "the content is " + found + ", not " + std::string(digest));
}

} // namespace remote::registry
