// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace emulator {

/// A program to start: decided first, carried out by Subprocess.
struct CommandLine {
    std::vector<std::string> argv; ///< argv[0] is looked up on PATH unless it has a slash
    std::optional<std::map<std::string, std::string>> environment; ///< absent: inherited
    std::map<std::string, std::string> extraEnvironment; ///< laid over the environment
    std::string workingDirectory; ///< empty: inherited
    std::string standardInput; ///< written to the child, then closed
    bool ownSession = false; ///< setsid: survives the terminal
    bool dieWithParent = true; ///< PR_SET_PDEATHSIG
};

/// How a process ended.
struct ExitStatus {
    int code = 0; ///< the exit code, or 128 + signal
    int signal = 0; ///< 0 when it exited by itself
    [[nodiscard]] bool success() const { return code == 0; }
};

/// What a finished program printed.
struct Output {
    ExitStatus status;
    std::string standardOutput;
    std::string standardError;
};

/// A child process without pipes, waited for or left alone. One thread.
class Subprocess {
public:
    /// Starts the program with the given descriptors as its 0, 1 and 2 (-1: /dev/null).
    /// NotFound when there is no such program.
    [[nodiscard]] static Result<Subprocess> start(const CommandLine& command, int standardInput,
                                                  int standardOutput, int standardError);

    [[nodiscard]] int pid() const { return m_pid; }

    /// Waits for the end; when `stop` fires, sends SIGTERM, and SIGKILL after two seconds.
    [[nodiscard]] ExitStatus wait(std::stop_token stop = {});

    /// Whether it has ended, without waiting.
    [[nodiscard]] std::optional<ExitStatus> poll();

    /// Waits for the end for at most `limit`; nothing when it still runs.
    [[nodiscard]] std::optional<ExitStatus> waitFor(std::chrono::milliseconds limit);

    void kill(int signal) const;

    Subprocess(Subprocess&& other) noexcept;
    Subprocess& operator=(Subprocess&&) = delete;
    Subprocess(const Subprocess&) = delete;
    Subprocess& operator=(const Subprocess&) = delete;
    ~Subprocess() = default;

private:
    Subprocess(int pid, UniqueFd handle)
        : m_pid(pid)
        , m_handle(std::move(handle))
    {
    }

    int m_pid;
    UniqueFd m_handle; ///< pidfd
};

/// Runs a program to its end and gives what it printed. Cancelled when `stop` fires. `onLine`, if
/// given, sees each line of both streams as it comes (without the line feed).
[[nodiscard]] Result<Output> run(const CommandLine& command, std::stop_token stop = {},
                                 const std::function<void(std::string_view)>& onLine = {});

/// The full path of a program on PATH; empty when there is none.
[[nodiscard]] std::string findProgram(std::string_view name);

} // namespace emulator
