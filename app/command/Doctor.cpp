// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Commands.h"
#include "app/command/Endpoint.h"
#include "emulator/base/Subprocess.h"
#include "emulator/container/Launcher.h"
#include "emulator/image/Bootstrap.h"
#include "emulator/image/Builder.h"

#include <array>
#include <cstdio>
#include <filesystem>

namespace app::command {

namespace fs = std::filesystem;
using namespace emulator;

namespace {

/// One thing that was looked at.
struct Finding {
    std::string subject;
    bool good = false;
    std::string says;
    std::string advice; ///< what to do; empty when it is good
};

Finding lookAtContainers(const Context& context, std::vector<std::string>& notes)
{
    const auto capability = container::probe(context.home.path() / "run");
    if (!capability)
        return {"containers", false, capability.error().message(),
                "run as root, or allow user namespaces"};
    notes = capability->notes;
    using Way = container::Capability::Way;
    using Limiter = container::Capability::Limiter;
    std::string says = capability->way == Way::Root ? "as root, in namespaces of their own"
        : capability->way == Way::Subordinate
        ? "without root, in a user namespace with subordinate ids"
        : "without root, in a user namespace with a single id";
    says += capability->limiter == Limiter::CgroupV1 ? ", limited by cgroup v1"
        : capability->limiter == Limiter::CgroupV2   ? ", limited by cgroup v2"
                                                     : ", limited by rlimits and a watchdog";
    if (!capability->kernelOverlay)
        says += ", on fuse-overlayfs";
    return {"containers", true, says, {}};
}

Finding lookAtProgram(const std::string& subject, const std::string& program,
                      const std::string& advice)
{
    const auto path = findProgram(program);
    return {subject, !path.empty(), path.empty() ? program + " is not on PATH" : path,
            path.empty() ? advice : ""};
}

/// The first address that base images are made from: "deb URL suite main".
std::string debianMirror()
{
    const auto line = image::debianSources("/etc/apt", "bookworm").front();
    const auto start = line.find(' ') + 1;
    return line.substr(start, line.find(' ', start) - start);
}

Finding lookAtDisk(const Context& context)
{
    std::error_code failed;
    const auto space = fs::space(context.home.path(), failed);
    constexpr std::uintmax_t wanted = 4ULL << 30U;
    const bool enough = !failed && space.available >= wanted;
    return {"disk", enough,
            spellBytes(space.available) + " free at " + context.home.path().string(),
            enough ? "" : "images want some 4 GiB; free space or move SLIPWAY_HOME"};
}

/// Who gives an image its packages, and whether they answer.
Finding lookAtNetwork(const std::map<std::string, std::string>& environment)
{
    const auto index = environment.find("PIP_INDEX_URL");
    const std::array<std::pair<std::string, std::string>, 2> sources {
        {{"package index", index == environment.end() ? "https://pypi.org/simple" : index->second},
         {"Debian mirror", debianMirror()}}};
    Finding finding {"network", true, {}, {}};
    for (const auto& [what, url] : sources) {
        const auto endpoint = endpointOf(url, environment);
        const auto answer = endpoint ? reach(*endpoint, std::chrono::seconds(3))
                                     : emulator::Result<>(endpoint.error());
        finding.good = finding.good && answer;
        finding.says += (finding.says.empty() ? "" : "; ") + what + " "
            + (endpoint ? endpoint->host : "") + (answer ? " answers" : " cannot be reached")
            + (endpoint && !endpoint->proxy.empty() ? " through the proxy " + endpoint->proxy : "")
            + (answer ? "" : ": " + answer.error().message());
    }
    if (!finding.good)
        finding.advice = "new images cannot get packages: check the connection, http_proxy, "
                         "https_proxy and PIP_INDEX_URL, then `slip down` and `slip up`; images "
                         "that are built already need no network";
    return finding;
}

} // namespace

int doctor(const Context& context)
{
    std::vector<std::string> notes;
    std::vector<Finding> findings;
    findings.push_back(lookAtContainers(context, notes));
    findings.push_back(lookAtProgram("base images", "mmdebstrap",
                                     "apt-get install mmdebstrap: images are made from Debian's "
                                     "packages where their registry cannot be reached"));
    findings.push_back(lookAtProgram("python", "python3",
                                     "apt-get install python3 python3-venv: the client's packages "
                                     "are fetched with its pip"));
    findings.push_back(lookAtProgram("CUDA toolkit", "nvcc",
                                     "optional: only programs that you build with nvcc need it"));
    findings.push_back(lookAtDisk(context));
    const auto network = image::networkSettings({context.home.path()});
    findings.push_back(lookAtNetwork(network.environment));
    notes.insert(notes.end(), network.notes.begin(), network.notes.end());

    if (context.json) {
        Json list = Json::array();
        for (const auto& finding : findings)
            list.push_back({{"subject", finding.subject},
                            {"good", finding.good},
                            {"says", finding.says},
                            {"advice", finding.advice}});
        std::printf("%s\n", Json {{"checks", list}, {"notes", notes}}.dump(2).c_str());
    } else {
        for (const auto& finding : findings) {
            std::printf("%s %-13s %s\n", finding.good ? "ok     " : "missing",
                        finding.subject.c_str(), finding.says.c_str());
            if (!finding.advice.empty())
                std::printf("                      %s\n", finding.advice.c_str());
        }
        for (const auto& note : notes)
            std::printf("note    %s\n", note.c_str());
    }
    return findings.front().good ? Done : SlipwayFailed;
}

int helpEnvironment()
{
    std::puts(
        "SLIPWAY_HOME        what a daemon owns (default ~/.local/share/slipway); two homes are "
        "two\n"
        "                    independent emulators\n"
        "SLIPWAY_PORT        the port that the daemon serves the client on (default: the last "
        "one,\n"
        "                    at first any free one)\n"
        "SLIPWAY_TARGET      the target of commands without --target (default: local)\n"
        "SLIPWAY_MODAL       the stock client's program (default: .venv/bin/modal of the project,\n"
        "                    then modal on PATH, then the installer's)\n"
        "SLIPWAY_REGISTRY_USER, SLIPWAY_REGISTRY_PASSWORD, SLIPWAY_REGISTRY_CA\n"
        "                    who pushes to the registry of a site, and the authority that signed "
        "its\n"
        "                    certificate\n"
        "SLIPWAY_LOG         debug, info, warning or error: what the daemons write to HOME/logs\n"
        "SLIPWAY_BASE_CACHE  where bootstrapped base images are kept for all homes\n"
        "                    (default ~/.cache/slipway/bases)\n"
        "SLIPWAY_NETWORK_SETTINGS  off: containers get no proxy, certificates or package index of "
        "this host\n"
        "SLIPWAY_GPU_SOCKET  set for programs on an emulated GPU: the device they speak to");
    return Done;
}

} // namespace app::command
