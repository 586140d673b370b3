// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Line.h"

#include "emulator/base/Files.h"
#include "remote/tunnel/Sockets.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace remote::tunnel {

using namespace emulator;
namespace fs = std::filesystem;

namespace {

class SocketLine final : public Line {
public:
    SocketLine(UniqueFd socket, std::string path)
        : m_socket(std::move(socket))
        , m_path(std::move(path))
    {
    }

    UniqueFd takeSocket() override { return std::move(m_socket); }

    Fault end(const Error& why) override
    {
        return {Obstacle::ControlPlane, "the control plane at " + m_path + ": " + why.message(),
                "start it there with `slip up`"};
    }

private:
    UniqueFd m_socket;
    std::string m_path;
};

/// ssh with the socket as its standard input and output; its words go into a file in memory.
class SshLine final : public Line {
public:
    SshLine(Ssh ssh, UniqueFd socket, Subprocess process, UniqueFd words)
        : m_ssh(std::move(ssh))
        , m_socket(std::move(socket))
        , m_process(std::move(process))
        , m_words(std::move(words))
    {
    }
    ~SshLine() override
    {
        if (!m_ended)
            static_cast<void>(finish());
    }

    UniqueFd takeSocket() override { return std::move(m_socket); }

    Fault end(const Error& why) override
    {
        m_ended = true;
        const auto status = finish();
        const auto words = readWords();
        if (status.signal != 0)
            return {Obstacle::Host, "the line to " + m_ssh.host() + ": " + why.message(),
                    "check the network, and try `ssh " + m_ssh.host() + "`"};
        if (status.success())
            return {Obstacle::ControlPlane,
                    "the control plane on " + m_ssh.host() + ": " + why.message(),
                    "it is started again by the next attempt; if not, look into its "
                    "HOME/logs/daemon.log"};
        return m_ssh.explain(status.code, words.empty() ? why.message() : words);
    }

private:
    /// ssh ends by itself once its input is closed; a dead network can keep it longer than we wait.
    ExitStatus finish()
    {
        m_socket.reset();
        if (const auto status = m_process.waitFor(std::chrono::seconds(2)))
            return *status;
        m_ssh.hangUp(); // whatever it shares does not work any more
        std::stop_source now;
        now.request_stop();
        return m_process.wait(now.get_token());
    }

    std::string readWords() const
    {
        std::array<char, 4096> buffer {};
        const auto got = ::pread(m_words.get(), buffer.data(), buffer.size(), 0);
        return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
    }

    Ssh m_ssh;
    UniqueFd m_socket;
    Subprocess m_process;
    UniqueFd m_words;
    bool m_ended = false;
};

} // namespace

fs::path programsFolder(const Target& target)
{
    return fs::path(target.home) / "programs";
}

std::string connectCommand(const Target& target)
{
    // A login shell, because sites put the engine's programs on PATH in /etc/profile only.
    const auto program = (programsFolder(target) / "current" / "bin" / "slipwayd").string();
    return "exec sh -lc "
        + quoted("exec " + quoted(program) + " connect --stdio --home " + quoted(target.home));
}

Result<std::unique_ptr<Line>> openLine(const Target& target, const fs::path& home)
{
    if (target.kind == Target::Kind::Socket) {
        TRY_ASSIGN(auto socket, connectUnix(target.address));
        return std::unique_ptr<Line>(
            std::make_unique<SocketLine>(std::move(socket), target.address));
    }
    Ssh ssh(target, home);
    if (findProgram("ssh").empty())
        return ssh.explain(-1, {}).toError();
    TRY_ASSIGN(auto pair, SocketPair::create());
    UniqueFd words(::memfd_create("ssh", MFD_CLOEXEC));
    if (!words)
        return errnoError("keep ssh's words", errno);
    TRY_ASSIGN(auto process,
               Subprocess::start({.argv = ssh.commandLine(connectCommand(target))},
                                 pair.theirs.get(), pair.theirs.get(), words.get()));
    return std::unique_ptr<Line>(std::make_unique<SshLine>(std::move(ssh), std::move(pair.ours),
                                                           std::move(process), std::move(words)));
}

} // namespace remote::tunnel
