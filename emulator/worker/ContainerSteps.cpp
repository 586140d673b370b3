// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/worker/ContainerSteps.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace emulator::worker {
namespace {

/// Reads both streams of a container to their end, line by line.
void readLines(const container::Container& container,
               const std::function<void(std::string_view)>& onLine)
{
    struct Stream {
        int descriptor;
        std::string line;
    };
    std::array<Stream, 2> streams {Stream {container.standardOutput(), {}},
                                   Stream {container.standardError(), {}}};
    std::array<char, 1U << 14U> buffer {};
    for (;;) {
        std::array<pollfd, 2> waits {pollfd {streams[0].descriptor, POLLIN, 0},
                                     pollfd {streams[1].descriptor, POLLIN, 0}};
        if (waits[0].fd < 0 && waits[1].fd < 0)
            break;
        if (::poll(waits.data(), waits.size(), -1) < 0)
            continue;
        for (std::size_t i = 0; i < streams.size(); ++i) {
            if (waits[i].fd < 0 || waits[i].revents == 0)
                continue;
            const auto got = ::read(waits[i].fd, buffer.data(), buffer.size());
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                streams[i].descriptor = -1;
            for (ssize_t at = 0; at < got; ++at) {
                const char c = buffer[static_cast<std::size_t>(at)];
                if (c == '\n') {
                    onLine(streams[i].line);
                    streams[i].line.clear();
                } else {
                    streams[i].line += c;
                }
            }
        }
    }
    for (const auto& stream : streams)
        if (!stream.line.empty())
            onLine(stream.line);
}

} // namespace

Result<int> ContainerSteps::run(const image::Step& step,
                                const std::function<void(std::string_view)>& onLine,
                                std::stop_token stop)
{
    container::ContainerPlan plan;
    plan.id = "build-" + std::to_string(::getpid()) + "-" + std::to_string(++m_count);
    plan.layers = step.layers;
    plan.writes = step.writes;
    plan.keepWrites = true;
    for (const auto& [target, source] : step.mounts)
        plan.mounts.push_back({container::Mount::Kind::BindReadOnly, source, target});
    plan.argv = step.argv;
    plan.environment = step.environment;
    plan.workingDirectory = step.workingDirectory;
    plan.user = step.user;
    plan.hostname = "build";
    plan.privilege = container::Privilege::Build;

    TRY_ASSIGN(const auto container, m_launcher.launch(plan));
    const std::stop_callback cancel(stop, [&container] { container->kill(SIGKILL); });
    readLines(*container, onLine);
    TRY_ASSIGN(const auto exit, container->wait({}));
    if (stop.stop_requested())
        return Error(ErrorCode::Cancelled, "the build was cancelled");
    return exit.code;
}

} // namespace emulator::worker
