// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Ssh.h"

#include "emulator/base/Bytes.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace remote::tunnel {

using namespace emulator;
namespace fs = std::filesystem;

namespace {

/// ssh's own failures; everything else is the command's.
constexpr int sshFailed = 255;

/// What ssh says, and what it means for the user. HOST is replaced.
struct Saying {
    const char* words;
    const char* fix;
};
constexpr std::array sayings {
    Saying {"Could not resolve hostname", "check the name, or the Host entry in ~/.ssh/config"},
    Saying {"REMOTE HOST IDENTIFICATION HAS CHANGED",
            "the host has another key than last time: ask its administrators, then remove the old "
            "one with `ssh-keygen -R HOST`"},
    Saying {"Host key verification failed",
            "the host's key is not known here yet: run `ssh HOST` once in a terminal and confirm "
            "it"},
    Saying {
        "Permission denied",
        "the host takes none of your keys: `ssh HOST` must work without a question (ssh-copy-id, "
        "ssh-agent), or sign in by running `slip cluster test` in a terminal"},
    Saying {"Too many authentication failures",
            "name the right key with --ssh-option IdentityFile=… and --ssh-option "
            "IdentitiesOnly=yes"},
    Saying {"Connection refused", "nothing listens there: check the host and --ssh-option Port=…"},
    Saying {"timed out", "check the network, a VPN, or a jump host (ProxyJump in ~/.ssh/config)"},
    Saying {"No route to host", "check the network, or a VPN"},
    Saying {"Network is unreachable", "check the network, or a VPN"},
    Saying {"Bad configuration option", "correct --ssh-option or ~/.ssh/config"},
};

std::string forHost(std::string fix, const std::string& host)
{
    for (auto at = fix.find("HOST"); at != std::string::npos; at = fix.find("HOST", at + 1))
        fix.replace(at, 4, host);
    return fix;
}

} // namespace

std::string lastLines(const std::string& words)
{
    auto text = words;
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
        text.pop_back();
    std::size_t from = text.size();
    for (int lines = 0; lines < 3 && from != 0 && from != std::string::npos; ++lines)
        from = text.rfind('\n', from == 0 ? 0 : from - 1);
    text = from == std::string::npos || from == 0 ? text : text.substr(from + 1);
    std::erase(text, '\r');
    std::ranges::replace(text, '\n', ' ');
    return text;
}

std::string quoted(const std::string& text)
{
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

Ssh::Ssh(const Target& target, const fs::path& home)
    : m_host(target.address)
    , m_name(target.name)
    , m_userOptions(target.sshOptions)
{
    // ssh puts a suffix of 17 octets behind it, and a unix socket's path has 107.
    std::string key = m_host;
    for (const auto& option : m_userOptions)
        key += '\n' + option;
    m_controlPath = home / "run" / ("ssh-" + sha256Hex(key).substr(0, 8));
}

std::vector<std::string> Ssh::options(Asking asking) const
{
    std::vector<std::string> words {"ssh", "-T", "-x", "-a"};
    const auto add = [&words](const std::string& option) {
        words.emplace_back("-o");
        words.push_back(option);
    };
    // The first value of an option counts: the user's go before ours.
    for (const auto& option : m_userOptions)
        add(option);
    if (asking == Asking::Never)
        add("BatchMode=yes");
    for (const char* option :
         {"ConnectTimeout=15", "ServerAliveInterval=5", "ServerAliveCountMax=2", "LogLevel=ERROR",
          "ClearAllForwardings=yes", "PermitLocalCommand=no"})
        add(option);
    return words;
}

bool Ssh::sharesByItself() const
{
    auto words = options(Asking::Never);
    words.insert(words.end(), {"-G", m_host});
    const auto told = emulator::run({.argv = words});
    return told && told->status.success()
        && told->standardOutput.find("\ncontrolpath ") != std::string::npos;
}

std::vector<std::string> Ssh::commandLine(const std::string& command, Asking asking) const
{
    auto words = options(asking);
    if (!sharesByItself())
        words.insert(words.end(),
                     {"-o", "ControlMaster=auto", "-o", "ControlPath=" + m_controlPath.string(),
                      "-o", "ControlPersist=60"});
    words.insert(words.end(), {"--", m_host, command});
    return words;
}

Ssh::Ran Ssh::run(const std::string& command, std::string input, std::chrono::seconds limit) const
{
    if (findProgram("ssh").empty())
        return {explain(-1, {}), {}};
    std::stop_source overdue;
    const std::jthread timer([&overdue, limit](const std::stop_token& done) {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any waiting;
        if (!waiting.wait_for(lock, done, limit, [&done] { return done.stop_requested(); }))
            overdue.request_stop();
    });
    auto output = emulator::run({.argv = commandLine(command), .standardInput = std::move(input)},
                                overdue.get_token());
    if (!output)
        return {Fault {Obstacle::Host,
                       overdue.stop_requested() ? m_host + " has not answered within "
                               + std::to_string(limit.count()) + " s"
                                                : output.error().message(),
                       "check the network, and try `ssh " + m_host + "`"},
                {}};
    if (output->status.code == sshFailed)
        return {explain(sshFailed, output->standardError), {}};
    return {std::nullopt, *std::move(output)};
}

std::optional<Fault> Ssh::signIn() const
{
    auto child = Subprocess::start({.argv = commandLine("true", Asking::Terminal)}, STDIN_FILENO,
                                   STDERR_FILENO, STDERR_FILENO);
    if (!child)
        return explain(-1, {});
    if ((*child).wait().code == sshFailed)
        return Fault {Obstacle::Host, "ssh could not sign in to " + m_host,
                      "its words stand above; `ssh " + m_host + "` must work"};
    return {};
}

void Ssh::hangUp() const
{
    if (!fs::exists(m_controlPath))
        return;
    static_cast<void>(emulator::run({.argv = {"ssh", "-o", "ControlPath=" + m_controlPath.string(),
                                              "-O", "exit", "--", m_host}}));
}

Fault Ssh::explain(int exitCode, const std::string& words) const
{
    if (exitCode < 0)
        return {Obstacle::Ssh, "there is no ssh on PATH",
                "install an ssh client (apt-get install openssh-client)"};
    const auto said = lastLines(words);
    if (exitCode == sshFailed) {
        for (const auto& saying : sayings)
            if (words.find(saying.words) != std::string::npos)
                return {Obstacle::Host, "ssh " + m_host + ": " + said, forHost(saying.fix, m_host)};
        return {Obstacle::Host,
                "ssh " + m_host + ": " + (said.empty() ? "the connection ended" : said),
                "try `ssh " + m_host + "` in a terminal"};
    }
    if (exitCode == 126 || exitCode == 127)
        return {Obstacle::Programs, "Slipway's programs do not run on " + m_host + ": " + said,
                "run `slip cluster add` again, which installs them"};
    return {Obstacle::ControlPlane,
            "the control plane on " + m_host + " does not answer: "
                + (said.empty() ? "it ended with " + std::to_string(exitCode) : said),
            "run `slip cluster test` for more, or look into its HOME/logs/daemon.log"};
}

} // namespace remote::tunnel
