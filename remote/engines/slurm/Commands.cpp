// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/Commands.h"

#include "emulator/base/Files.h"
#include "remote/engines/slurm/Refusals.h"

#include <pwd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

namespace remote::slurm {
namespace {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;
using emulator::UniqueFd;

/// A file that has no name. Unlike a pipe it needs no thread to empty it, and a grandchild that
/// keeps it open holds nobody up.
Result<UniqueFd> memoryFile(const std::string& content)
{
    UniqueFd file(::memfd_create("slurm", MFD_CLOEXEC));
    if (!file)
        return emulator::errnoError("make a file in memory", errno);
    std::size_t done = 0;
    while (done < content.size()) {
        const auto wrote = ::write(file.get(), content.data() + done, content.size() - done);
        if (wrote < 0 && errno != EINTR)
            return emulator::errnoError("write a file in memory", errno);
        if (wrote > 0)
            done += static_cast<std::size_t>(wrote);
    }
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

std::string contentOf(const UniqueFd& file)
{
    std::string content;
    std::array<char, 1U << 16U> buffer {};
    for (;;) {
        const auto got
            = ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(content.size()));
        if (got <= 0)
            return content;
        content.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

/// Kills a child when its time is over, unless it dies first.
class Deadline {
public:
    Deadline(const emulator::Subprocess& child, std::chrono::milliseconds timeout)
        : m_thread([this, &child, timeout](const std::stop_token& stop) {
            std::unique_lock lock(m_mutex);
            // There is no event to wait for but the stop of this thread.
            if (!m_over.wait_for(lock, stop, timeout, [] { return false; })
                && !stop.stop_requested()) {
                m_expired = true;
                child.kill(SIGKILL);
            }
        })
    {
    }

    [[nodiscard]] bool expired() const { return m_expired; }

private:
    std::mutex m_mutex;
    std::condition_variable_any m_over;
    std::atomic<bool> m_expired = false;
    std::jthread m_thread; // last: it uses the others
};

std::string inSeconds(std::chrono::milliseconds time)
{
    auto text = std::to_string(static_cast<double>(time.count()) / 1000.0);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.')
        text.pop_back();
    return text + " s";
}

} // namespace

Commands::Commands(const Options& options)
    : m_folder(options.programFolder)
    , m_environment(options.environment)
{
    const auto standard = [this](const char* name, const char* value) {
        if (value != nullptr)
            m_environment.try_emplace(name, value);
    };
    const passwd* user = ::getpwuid(::geteuid());
    standard("PATH", "/usr/local/bin:/usr/bin:/bin");
    standard("HOME", user == nullptr ? "/" : user->pw_dir);
    standard("USER", user == nullptr ? nullptr : user->pw_name);
    m_environment["LC_ALL"] = "C";
    m_environment["TZ"] = "UTC0";
    m_environment["SLURM_TIME_FORMAT"] = "standard";
}

std::string Commands::find(const std::string& program) const
{
    if (m_folder.empty())
        return emulator::findProgram(program);
    auto path = m_folder + "/" + program;
    return ::access(path.c_str(), X_OK) == 0 ? path : std::string();
}

Result<std::string> Commands::run(const Call& call) const
{
    const auto path = find(call.program);
    if (path.empty())
        return Error(ErrorCode::FailedPrecondition,
                     call.program + " is not " + (m_folder.empty() ? "on PATH" : "in " + m_folder)
                         + ": install Slurm's client programs here, or give the target the folder "
                           "that has them");
    emulator::CommandLine line;
    line.argv = call.arguments;
    line.argv.insert(line.argv.begin(), path);
    line.environment = m_environment;
    line.workingDirectory = "/";
    TRY_ASSIGN(const auto input, memoryFile(call.standardInput));
    TRY_ASSIGN(const auto output, memoryFile({}));
    TRY_ASSIGN(const auto errors, memoryFile({}));
    TRY_ASSIGN(auto child,
               emulator::Subprocess::start(line, input.get(), output.get(), errors.get()));
    emulator::ExitStatus status;
    bool expired = false;
    {
        const Deadline deadline(child, call.timeout);
        status = child.wait();
        expired = deadline.expired();
    }
    const auto words = contentOf(errors);
    if (status.success())
        return contentOf(output);
    if (expired) {
        // sbatch says why it waits before it tries again.
        const auto own = plainWords(words);
        const auto code = refusal(call.program, words).code();
        return Error(code == ErrorCode::Exhausted ? code : ErrorCode::Unavailable,
                     call.waitsFor + " did not answer within " + inSeconds(call.timeout) + " ("
                         + call.program + (own.empty() ? "" : ": " + own) + ")");
    }
    return refusal(call.program, words.empty() ? contentOf(output) : words);
}

} // namespace remote::slurm
