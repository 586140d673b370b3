// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"

#include "emulator/base/UniqueFd.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace emulator {

namespace fs = std::filesystem;

Error errnoError(std::string_view attempt, int number)
{
    std::array<char, 256> buffer {};
    // GNU's strerror_r may return a constant instead of the buffer.
    std::string message(attempt);
    message.append(": ").append(::strerror_r(number, buffer.data(), buffer.size()));
    if (number == ENOSPC)
        message += "; free some space on this disk and try again";
    return {number == ENOENT ? ErrorCode::NotFound : ErrorCode::Io, std::move(message)};
}

Result<std::string> readFile(const fs::path& path)
{
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return errnoError("read " + path.string(), errno);
    std::string content;
    std::array<char, 1U << 16U> buffer {};
    for (;;) {
        const auto got = ::read(file.get(), buffer.data(), buffer.size());
        if (got == 0)
            return content;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errnoError("read " + path.string(), errno);
        content.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

namespace {

Result<> writeAll(int fd, std::string_view content, const std::string& attempt)
{
    while (!content.empty()) {
        const auto written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errnoError(attempt, errno);
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

} // namespace

Result<> writeFileAtomically(const fs::path& path, std::string_view content, unsigned mode)
{
    const std::string attempt = "write " + path.string();
    std::string beside = path.string() + ".XXXXXX";
    const UniqueFd file(::mkostemp(beside.data(), O_CLOEXEC));
    if (!file)
        return errnoError(attempt, errno);
    auto result = writeAll(file.get(), content, attempt);
    if (result && (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0))
        result = errnoError(attempt, errno);
    if (result && ::rename(beside.c_str(), path.c_str()) != 0)
        result = errnoError(attempt, errno);
    if (!result)
        ::unlink(beside.c_str());
    return result;
}

Result<TempDir> TempDir::create(const fs::path& parent)
{
    std::error_code failed;
    const fs::path folder = parent.empty() ? fs::temp_directory_path(failed) : parent;
    if (failed)
        return Error(ErrorCode::Io, "find a temporary folder: " + failed.message());
    std::string name = (folder / "slipway-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        return errnoError("make a temporary folder in " + folder.string(), errno);
    return TempDir(fs::path(name));
}

TempDir::TempDir(TempDir&& other) noexcept
    : m_path(std::exchange(other.m_path, {}))
{
}

TempDir& TempDir::operator=(TempDir&& other) noexcept
{
    std::swap(m_path, other.m_path);
    return *this;
}

TempDir::~TempDir()
{
    if (m_path.empty())
        return;
    // Whoever used the folder may still be cleaning up in it, and remove_all gives up at the first
    // name that is gone before it gets there.
    std::error_code failed;
    for (int attempt = 0; attempt < 3; ++attempt)
        if (fs::remove_all(m_path, failed); !failed)
            return;
}

} // namespace emulator
