// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Subprocess.h"

#include "emulator/base/Files.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <thread>

extern char** environ; // NOLINT: POSIX

namespace emulator {
namespace {

std::vector<std::string> environmentOf(const CommandLine& command)
{
    std::map<std::string, std::string> merged;
    if (command.environment)
        merged = *command.environment;
    else
        for (char** entry = environ; *entry != nullptr; ++entry) {
            const std::string_view text(*entry);
            const auto equals = text.find('=');
            if (equals != std::string_view::npos)
                merged[std::string(text.substr(0, equals))] = text.substr(equals + 1);
        }
    for (const auto& [key, value] : command.extraEnvironment)
        merged[key] = value;
    std::vector<std::string> lines;
    lines.reserve(merged.size());
    for (const auto& [key, value] : merged)
        lines.push_back(key + "=" + value);
    return lines;
}

std::vector<char*> pointers(std::vector<std::string>& strings)
{
    std::vector<char*> out;
    out.reserve(strings.size() + 1);
    for (auto& text : strings)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

int pidfdOpen(int pid)
{
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

ExitStatus decode(int status)
{
    if (WIFSIGNALED(status))
        return {128 + WTERMSIG(status), WTERMSIG(status)};
    return {WEXITSTATUS(status), 0};
}

struct Pipe {
    UniqueFd readEnd;
    UniqueFd writeEnd;

    static Result<Pipe> create()
    {
        std::array<int, 2> ends {};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            return errnoError("make a pipe", errno);
        return Pipe {UniqueFd(ends[0]), UniqueFd(ends[1])};
    }
};

/// What the child does between fork and exec; only async-signal-safe calls.
[[noreturn]] void becomeChild(const CommandLine& command, const char* program, char** argv,
                              char** environment, const std::array<int, 3>& descriptors, int parent,
                              int report)
{
    if (command.ownSession)
        ::setsid();
    if (command.dieWithParent) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent)
            ::_exit(127);
    }
    // Above 2 first, so that one target does not close the source of another.
    std::array<int, 3> high {};
    for (std::size_t i = 0; i < 3; ++i) {
        const int source = descriptors[i] >= 0 ? descriptors[i] : ::open("/dev/null", O_RDWR);
        high[i] = ::fcntl(source, F_DUPFD, 10);
    }
    for (std::size_t i = 0; i < 3; ++i)
        ::dup2(high[i], static_cast<int>(i));
    for (const int fd : high)
        ::close(fd);
    // Libraries open descriptors that would live on in the child: a listening socket would keep its
    // port taken after we are gone.
    ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    if (command.workingDirectory.empty() || ::chdir(command.workingDirectory.c_str()) == 0)
        ::execve(program, argv, environment);
    const int number = errno;
    [[maybe_unused]] const auto told = ::write(report, &number, sizeof number);
    ::_exit(127);
}

} // namespace

Result<Subprocess> Subprocess::start(const CommandLine& command, int standardInput,
                                     int standardOutput, int standardError)
{
    if (command.argv.empty())
        return Error(ErrorCode::Invalid, "start a program: no name given");
    const std::string program = command.argv[0].find('/') != std::string::npos
        ? command.argv[0]
        : findProgram(command.argv[0]);
    if (program.empty())
        return Error(ErrorCode::NotFound, "start " + command.argv[0] + ": no such program on PATH");
    auto environment = environmentOf(command);
    auto argvCopy = command.argv;
    auto argv = pointers(argvCopy);
    auto envp = pointers(environment);
    TRY_ASSIGN(auto report, Pipe::create());
    const int parent = ::getpid();

    const int pid = ::fork();
    if (pid < 0)
        return errnoError("start " + program, errno);
    if (pid == 0)
        becomeChild(command, program.c_str(), argv.data(), envp.data(),
                    {standardInput, standardOutput, standardError}, parent, report.writeEnd.get());
    UniqueFd handle(pidfdOpen(pid));
    report.writeEnd.reset();
    int number = 0;
    if (::read(report.readEnd.get(), &number, sizeof number) == sizeof number) {
        ::waitpid(pid, nullptr, 0);
        return errnoError("start " + program, number);
    }
    return Subprocess(pid, std::move(handle));
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : m_pid(std::exchange(other.m_pid, -1))
    , m_handle(std::move(other.m_handle))
{
}

ExitStatus Subprocess::wait(std::stop_token stop)
{
    const std::stop_callback end(stop, [this] { kill(SIGTERM); });
    bool killed = false;
    for (;;) {
        pollfd ended {m_handle.get(), POLLIN, 0};
        const bool hurried = stop.stop_requested() && !killed;
        const int ready = ::poll(&ended, 1,
                                 hurried                               ? 2000
                                     : stop.stop_possible() && !killed ? 100
                                                                       : -1);
        if (ready == 0 && hurried) {
            kill(SIGKILL);
            killed = true;
        }
        if (ready <= 0)
            continue;
        int status = 0;
        ::waitpid(m_pid, &status, 0);
        return decode(status);
    }
}

std::optional<ExitStatus> Subprocess::poll()
{
    int status = 0;
    if (::waitpid(m_pid, &status, WNOHANG) != m_pid)
        return std::nullopt;
    return decode(status);
}

std::optional<ExitStatus> Subprocess::waitFor(std::chrono::milliseconds limit)
{
    pollfd ended {m_handle.get(), POLLIN, 0};
    ::poll(&ended, 1, static_cast<int>(limit.count()));
    return poll();
}

void Subprocess::kill(int signal) const
{
    if (m_handle)
        ::syscall(SYS_pidfd_send_signal, m_handle.get(), signal, nullptr, 0);
}

Result<Output> run(const CommandLine& command, std::stop_token stop,
                   const std::function<void(std::string_view)>& onLine)
{
    TRY_ASSIGN(auto input, Pipe::create());
    TRY_ASSIGN(auto out, Pipe::create());
    TRY_ASSIGN(auto err, Pipe::create());
    TRY_ASSIGN(
        auto child,
        Subprocess::start(command, input.readEnd.get(), out.writeEnd.get(), err.writeEnd.get()));
    input.readEnd.reset();
    out.writeEnd.reset();
    err.writeEnd.reset();
    const std::stop_callback end(stop, [&child] { child.kill(SIGTERM); });

    std::jthread feeder([&input, &command] {
        std::string_view rest = command.standardInput;
        while (!rest.empty()) {
            const auto written = ::write(input.writeEnd.get(), rest.data(), rest.size());
            if (written <= 0)
                break;
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
        input.writeEnd.reset();
    });

    Output output;
    std::array<std::string, 2> partial;
    const auto take = [&](std::size_t stream, std::string_view text) {
        (stream == 0 ? output.standardOutput : output.standardError) += text;
        if (!onLine)
            return;
        auto& line = partial[stream];
        for (const char c : text) {
            if (c == '\n') {
                onLine(line);
                line.clear();
            } else {
                line += c;
            }
        }
    };
    std::array<pollfd, 2> streams {pollfd {out.readEnd.get(), POLLIN, 0},
                                   pollfd {err.readEnd.get(), POLLIN, 0}};
    std::array<char, 1U << 14U> buffer {};
    while (streams[0].fd >= 0 || streams[1].fd >= 0) {
        if (::poll(streams.data(), streams.size(), -1) < 0)
            continue;
        for (std::size_t i = 0; i < streams.size(); ++i) {
            if (streams[i].fd < 0 || streams[i].revents == 0)
                continue;
            const auto got = ::read(streams[i].fd, buffer.data(), buffer.size());
            if (got > 0)
                take(i, {buffer.data(), static_cast<std::size_t>(got)});
            else if (got == 0 || errno != EINTR)
                streams[i].fd = -1;
        }
    }
    for (const auto& line : partial)
        if (onLine && !line.empty())
            onLine(line);
    output.status = child.wait(stop);
    if (stop.stop_requested())
        return Error(ErrorCode::Cancelled, command.argv[0] + ": cancelled");
    return output;
}

std::string findProgram(std::string_view name)
{
    const char* path = std::getenv("PATH");
    std::stringstream folders(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        std::string candidate = folder + "/" + std::string(name);
        if (::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return {};
}

} // namespace emulator
