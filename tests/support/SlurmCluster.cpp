// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/support/SlurmCluster.h"

#include "emulator/base/Files.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace fs = std::filesystem;

namespace support {
namespace {

const std::string scripts = SLIPWAY_SOURCE_DIR "/tests/support/slurm/";

emulator::Output call(std::vector<std::string> argv,
                      std::map<std::string, std::string> environment = {})
{
    auto output
        = emulator::run({.argv = std::move(argv), .extraEnvironment = std::move(environment)});
    if (output)
        return *std::move(output);
    return {.status = {.code = 127}, .standardError = output.error().message()};
}

std::string all(const emulator::Output& output)
{
    return output.standardOutput + output.standardError;
}

std::string failureOf(const emulator::Output& output)
{
    if (output.status.success())
        return {};
    const auto text = all(output);
    return text.empty() ? "exit code " + std::to_string(output.status.code) : text;
}

} // namespace

SlurmCluster::SlurmCluster()
{
    const char* chosen = std::getenv("SLIPWAY_SLURM_FOLDER");
    m_folder = chosen != nullptr ? chosen : SLIPWAY_SLURM_FOLDER;
    if (fs::exists(m_folder + "/env") && slurm({"scontrol", "ping"}).status.success())
        return;
    const auto output = call({scripts + "up.sh", m_folder},
                             {{"SLIPWAY_SLURM_PORT", SLIPWAY_SLURM_PORT},
                              {"SLIPWAY_SLURM_OWNER", std::to_string(::getpid())}});
    m_failure = failureOf(output);
    m_skip = output.status.code == 77;
    m_own = m_failure.empty();
}

SlurmCluster::~SlurmCluster()
{
    if (m_own)
        call({scripts + "down.sh", m_folder});
}

std::string SlurmCluster::restUrl() const
{
    const auto port = emulator::readFile(m_folder + "/port");
    return "http://127.0.0.1:" + std::to_string(port ? std::stoi(*port) + 4 : 0);
}

emulator::Output SlurmCluster::slurm(std::vector<std::string> argv) const
{
    // timeout: a controller that a test has stopped would hold us for a minute.
    argv.insert(argv.begin(), {"timeout", "20"});
    return call(std::move(argv), {{"SLURM_CONF", configuration()}});
}

std::string SlurmCluster::daemon(const std::string& verb, const std::string& name) const
{
    return failureOf(call({scripts + "daemon.sh", m_folder, verb, name}));
}

std::string SlurmCluster::reset() const
{
    for (const char* name : {"munged", "mariadbd", "slurmdbd", "slurmctld", "slurmrestd"}) {
        if (auto failure = start(name); !failure.empty())
            return failure;
    }
    for (const char* node : {"n1", "n2", "n3"}) {
        if (auto failure = startNode(node); !failure.empty())
            return failure;
    }
    const auto scancel
        = [this](const std::string& state) { static_cast<void>(slurm({"scancel", "-t", state})); };
    const auto quiet = [this, &scancel] {
        const auto jobs = slurm({"squeue", "-h", "-o", "%i"});
        if (jobs.status.success() && jobs.standardOutput.empty())
            return true;
        for (const char* state : {"PENDING", "RUNNING", "SUSPENDED"})
            scancel(state);
        return false;
    };
    if (!until(quiet))
        return "jobs do not end: " + all(slurm({"squeue", "-h"}));
    const auto idle = [this] {
        const auto nodes = slurm({"sinfo", "-h", "-N", "-p", "main", "-o", "%N %T"});
        if (nodes.standardOutput == "n1 idle\nn2 idle\nn3 idle\n")
            return true;
        if (nodes.standardOutput.find("d") != std::string::npos) // down, drained
            static_cast<void>(slurm({"scontrol", "update", "node=n[1-3]", "state=resume"}));
        return false;
    };
    return until(idle, std::chrono::seconds(120)) ? std::string()
                                                  : all(slurm({"sinfo", "-h", "-N", "-l"}));
}

std::string SlurmCluster::killNode(const std::string& node) const
{
    return daemon("kill", node);
}

std::string SlurmCluster::crashSlurmd(const std::string& node) const
{
    return daemon("crash", node);
}

std::string SlurmCluster::startNode(const std::string& node) const
{
    return daemon("start", node);
}

std::string SlurmCluster::stop(const std::string& name) const
{
    return daemon("stop", name);
}

std::string SlurmCluster::start(const std::string& name) const
{
    if (auto failure = daemon("start", name); !failure.empty())
        return failure;
    std::vector<std::string> question {"true"};
    if (name == "slurmctld")
        question = {"scontrol", "ping"};
    if (name == "slurmdbd")
        question = {"sacctmgr", "-n", "list", "cluster"};
    if (name == "slurmrestd")
        question = {"curl", "-s", "-o", "/dev/null", restUrl() + "/openapi/v3"};
    const bool answers
        = until([&] { return slurm(question).status.success(); }, std::chrono::seconds(120));
    return answers ? std::string() : name + " does not answer";
}

std::string SlurmCluster::pause(const std::string& name) const
{
    return daemon("pause", name);
}

std::string SlurmCluster::resume(const std::string& name) const
{
    return daemon("resume", name);
}

std::vector<int> SlurmCluster::processesOf(const std::string& jobId)
{
    const std::string wanted = std::string(1, '\0') + "SLURM_JOB_ID=" + jobId + '\0';
    std::vector<int> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
        const auto name = entry.path().filename().string();
        if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
            continue;
        const auto environment = emulator::readFile(entry.path() / "environ");
        const auto program = fs::read_symlink(entry.path() / "exe", ignored).filename();
        if (environment && program != "slurmstepd"
            && (std::string(1, '\0') + *environment).find(wanted) != std::string::npos)
            found.push_back(std::stoi(name));
    }
    return found;
}

bool SlurmCluster::until(const std::function<bool()>& condition, std::chrono::seconds limit)
{
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
}

} // namespace support
