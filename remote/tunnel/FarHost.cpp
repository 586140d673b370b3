// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/FarHost.h"

#include <charconv>

namespace remote::tunnel {

using namespace emulator;

namespace {

constexpr std::string_view beginning = "slipway-probe\n";
constexpr std::string_view ending = "slipway-settings\n";
constexpr std::string_view last = "slipway-end\n";

// A login shell may print before it and tools may fail; each line that is there counts.
constexpr const char* probe = R"sh(
case $home in
    "") home=$HOME/.local/share/slipway-cluster ;;
    "~/"*) home=$HOME/${home#"~/"} ;;
    /*) ;;
    *) home=$HOME/$home ;;
esac
echo slipway-probe
echo "system=$(uname -s)"
echo "machine=$(uname -m)"
echo "glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed 's/glibc //')"
echo "home=$home"
for tool in tar gzip mv ln readlink; do
    command -v $tool >/dev/null 2>&1 || echo "missing=$tool"
done
programs=$home/programs
if [ -L "$programs/current" ]; then
    echo "current=$(basename "$(readlink "$programs/current")")"
    if said=$("$programs/current/bin/slipwayd" --version 2>&1); then
        echo "version=${said##* }"
    else
        echo "broken=$(echo "$said" | head -n 1)"
    fi
fi
for version in "$programs"/versions/*; do
    case $version in *.part.*) continue ;; esac
    [ -d "$version" ] && echo "installed=${version##*/}"
done
pid=$(cat "$home/run/daemon.lock" 2>/dev/null)
if [ -n "$pid" ]; then
    case $(readlink "/proc/$pid/exe" 2>/dev/null) in
        */slipwayd*) echo "running=$(readlink "/proc/$pid/exe")" ;;
    esac
fi
echo slipway-settings
cat "$home/cluster.json" 2>/dev/null
echo slipway-end
)sh";

} // namespace

std::string probeScript(const std::string& home)
{
    return "home=" + quoted(home) + probe;
}

std::optional<FarHost> FarHost::parse(std::string_view printed)
{
    const auto begin = printed.find(beginning);
    const auto end = printed.find(ending, begin);
    const auto close = printed.rfind(last);
    if (begin == std::string_view::npos || end == std::string_view::npos
        || close == std::string_view::npos || close < end)
        return std::nullopt;
    FarHost host;
    host.settings = printed.substr(end + ending.size(), close - end - ending.size());
    printed = printed.substr(begin + beginning.size(), end - begin - beginning.size());
    while (!printed.empty()) {
        const auto line = printed.substr(0, printed.find('\n'));
        printed.remove_prefix(std::min(line.size() + 1, printed.size()));
        const auto equals = line.find('=');
        if (equals == std::string_view::npos)
            continue;
        const auto key = line.substr(0, equals);
        const std::string value(line.substr(equals + 1));
        if (key == "system")
            host.system = value;
        else if (key == "machine")
            host.machine = value;
        else if (key == "glibc")
            host.glibc = value;
        else if (key == "home")
            host.home = value;
        else if (key == "missing")
            host.missingTools.push_back(value);
        else if (key == "current")
            host.current = value;
        else if (key == "version")
            host.version = value;
        else if (key == "broken")
            host.broken = value;
        else if (key == "installed")
            host.installed.push_back(value);
        else if (key == "running")
            host.running = value;
    }
    return host;
}

Looked look(const Ssh& ssh, const std::string& home)
{
    const auto ran = ssh.run("exec sh -s", probeScript(home), std::chrono::seconds(60));
    if (ran.fault)
        return {ran.fault, {}};
    auto host = FarHost::parse(ran.output.standardOutput);
    if (!host)
        return {Fault {Obstacle::Host,
                       ssh.host() + " lets us in, but runs no shell for us: "
                           + lastLines(ran.output.standardError + ran.output.standardOutput),
                       "`ssh " + ssh.host() + " sh -c true` must work"},
                {}};
    return {std::nullopt, *std::move(host)};
}

bool atLeast(std::string_view a, std::string_view b)
{
    const auto next = [](std::string_view& text) {
        int number = 0;
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (!text.empty())
            text.remove_prefix(1);
        return failed == std::errc() ? number : 0;
    };
    while (!a.empty() || !b.empty())
        if (const int left = next(a), right = next(b); left != right)
            return left > right;
    return true;
}

} // namespace remote::tunnel
