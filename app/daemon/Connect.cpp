// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/daemon/Connect.h"

#include "emulator/local/DaemonProcess.h"
#include "remote/tunnel/Sockets.h"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

namespace app::daemon {

using namespace emulator;

namespace {

constexpr int failed = 3;

/// Copies until the source ends or the sink takes no more.
void copy(int from, int to)
{
    std::array<char, 1U << 16U> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init)
    for (;;) {
        const auto got = ::read(from, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        for (ssize_t at = 0; at < got;) {
            const auto written
                = ::write(to, buffer.data() + at, static_cast<std::size_t>(got - at));
            if (written < 0 && errno != EINTR)
                return;
            at += written > 0 ? written : 0;
        }
    }
}

/// A daemon that was started by someone else may answer before its gate is there.
Result<UniqueFd> connectToGate(const local::Home& home)
{
    constexpr int attempts = 50;
    for (int i = 0;; ++i) {
        auto gate = remote::tunnel::connectUnix(home.path() / "run" / "connect.sock");
        if (gate || i == attempts)
            return gate;
        ::poll(nullptr, 0, 100);
    }
}

Result<> join(const std::string& folder, int output)
{
    TRY_ASSIGN(const auto home, local::Home::at(folder));
    TRY(local::ensureDaemon(home));
    TRY_ASSIGN(const auto gate, connectToGate(home));
    ::fcntl(gate.get(), F_SETFL, ::fcntl(gate.get(), F_GETFL) & ~O_NONBLOCK);
    std::thread sender([&gate] {
        copy(STDIN_FILENO, gate.get());
        ::shutdown(gate.get(), SHUT_RDWR); // the other copy ends as well
    });
    copy(gate.get(), output);
    // The sender may wait for input that never comes; there is nothing left to clean up.
    sender.detach();
    ::_exit(0);
}

} // namespace

int connectMain(int argc, char** argv)
{
    // Whatever a library prints must not end up in the stream.
    const int output = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::signal(SIGPIPE, SIG_IGN);

    std::string home;
    bool stdio = false;
    CLI::App arguments("Joins a tunnel to the control plane of a home", "slipwayd connect");
    arguments.add_flag("--stdio", stdio, "Over standard input and output")->required();
    arguments.add_option("--home", home, "SLIPWAY_HOME")->required();
    CLI11_PARSE(arguments, argc, argv);

    const auto joined = join(home, output);
    if (!joined)
        std::fprintf(stderr, "slipwayd: %s\n", joined.error().message().c_str());
    return failed;
}

} // namespace app::daemon
