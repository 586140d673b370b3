// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/local/DaemonProcess.h"

#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"
#include "emulator/rpc/StudioClient.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>

namespace emulator::local {

namespace fs = std::filesystem;

namespace {

std::string lastLine(const fs::path& path)
{
    const auto text = readFile(path);
    if (!text || text->empty())
        return {};
    auto end = text->find_last_not_of('\n');
    if (end == std::string::npos)
        return {};
    const auto begin = text->rfind('\n', end);
    return text->substr(begin == std::string::npos ? 0 : begin + 1,
                        end - (begin == std::string::npos ? 0 : begin));
}

/// Starts slipwayd and waits for the line that it prints when it serves.
Result<> startDaemon(const Home& home)
{
    const auto installation = Installation::find();
    const UniqueFd log(
        ::open(home.daemonLog().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!log)
        return errnoError("open " + home.daemonLog().string(), errno);
    std::array<int, 2> ends {};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return errnoError("make a pipe", errno);
    const UniqueFd ready(ends[0]);
    UniqueFd tell(ends[1]);
    TRY_ASSIGN(auto daemon,
               Subprocess::start({.argv = {(installation.programs / "slipwayd").string(), "--home",
                                           home.path().string()},
                                  .ownSession = true,
                                  .dieWithParent = false},
                                 -1, tell.get(), log.get()));
    tell.reset();
    char first = 0;
    while (::read(ready.get(), &first, 1) < 0 && errno == EINTR) { }
    if (first == '{')
        return {};
    return Error(ErrorCode::Unavailable,
                 "the daemon did not start: " + lastLine(home.daemonLog()) + " (all of it is in "
                     + home.daemonLog().string() + ")");
}

} // namespace

Result<model::DaemonStatus> ensureDaemon(const Home& home)
{
    const rpc::StudioClient studio(home.socket());
    if (fs::exists(home.socket()))
        if (auto status = studio.status())
            return status;
    auto started = startDaemon(home);
    // Another slip may have been quicker: then its daemon answers.
    const rpc::StudioClient again(home.socket());
    auto status = again.status();
    if (!status && !started)
        return std::move(started).error();
    return status;
}

Result<> endDaemon(const Home& home)
{
    const rpc::StudioClient studio(home.socket());
    const auto status = studio.status();
    if (!status)
        return Error(ErrorCode::NotFound, "no daemon runs for " + home.path().string());
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, status->pid, 0)));
    TRY(studio.shutdown());
    if (!process)
        return {};
    pollfd ended {process.get(), POLLIN, 0};
    // Exit hooks of tasks have half a minute.
    if (::poll(&ended, 1, 45'000) == 0)
        return Error(ErrorCode::Unavailable,
                     "the daemon (process " + std::to_string(status->pid)
                         + ") has not ended within 45 s; its log is " + home.daemonLog().string());
    return {};
}

} // namespace emulator::local
