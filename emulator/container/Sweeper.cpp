// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/Sweeper.h"

#include "emulator/base/Log.h"
#include "emulator/container/Kernel.h"
#include "emulator/container/Message.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace emulator::container {
namespace fs = std::filesystem;
namespace {

void removeTree(const fs::path& tree)
{
    std::error_code failed;
    // The kernel may still be emptying an overlay's work folder: what was listed is gone.
    for (int attempt = 0; attempt < 5; ++attempt)
        if (fs::remove_all(tree, failed); !failed)
            return;
    if (failed)
        log::warning("container", "remove " + tree.string() + ": " + failed.message());
}

/// The kernel says busy until the last process of a cgroup is reaped everywhere.
void removeFolder(const fs::path& folder)
{
    for (int attempt = 0; attempt < 500; ++attempt) {
        if (::rmdir(folder.c_str()) == 0 || errno != EBUSY)
            return;
        ::usleep(10'000);
    }
}

[[noreturn]] void sweepUntilEnd(int socket, const std::vector<fs::path>& last)
{
    for (;;) {
        auto message = receiveMessage(socket);
        if (!message || !*message)
            break;
        const auto order = unpack((*message)->payload);
        if (!order)
            break;
        for (const auto& tree : (*order)["trees"])
            removeTree(tree.get<std::string>());
        for (const auto& folder : (*order)["folders"])
            removeFolder(folder.get<std::string>());
    }
    for (const auto& folder : last) {
        std::error_code gone;
        for (fs::directory_iterator child(folder, gone), end; !gone && child != end;
             child.increment(gone))
            if (child->is_directory(gone))
                removeFolder(child->path());
        removeFolder(folder);
    }
    ::_exit(0);
}

Json list(const std::vector<fs::path>& paths)
{
    Json all = Json::array();
    for (const auto& path : paths)
        all.push_back(path.string());
    return all;
}

} // namespace

Result<Sweeper> Sweeper::start(const std::vector<fs::path>& last)
{
    TRY_ASSIGN(auto ends, socketPair());
    TRY_ASSIGN(const auto child, kernel::clone({}));
    if (child.pid == 0) {
        ::signal(SIGTERM, SIG_IGN);
        ::signal(SIGINT, SIG_IGN);
        ::setsid();
        const int socket = ::dup2(ends.second.get(), 3);
        ::syscall(SYS_close_range, 4U, ~0U, 0U);
        sweepUntilEnd(socket, last);
    }
    return Sweeper(std::move(ends.first));
}

void Sweeper::sweep(const std::vector<fs::path>& trees, const std::vector<fs::path>& folders)
{
    if (auto sent
        = sendMessage(m_socket.get(), pack({{"trees", list(trees)}, {"folders", list(folders)}}));
        !sent)
        log::warning("container", "clean up: " + sent.error().message());
}

} // namespace emulator::container
