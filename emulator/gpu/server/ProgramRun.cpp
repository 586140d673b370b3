// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/ProgramRun.h"

#include "emulator/base/Files.h"
#include "emulator/gpu/protocol/Descriptors.h"
#include "emulator/gpu/server/Elf.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

namespace emulator::gpu::server {
namespace {

namespace fs = std::filesystem;

constexpr int readyMilliseconds = 20000;

/// `first` before what a search path already says.
std::string prepended(const std::string& first, const std::string& rest)
{
    return rest.empty() ? first : first + ":" + rest;
}

std::string valueIn(const std::map<std::string, std::string>& environment, const std::string& name)
{
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
}

/// The program that a name means on the PATH that the program itself will see.
std::string locate(const std::string& name, const GpuParts& parts)
{
    if (name.find('/') != std::string::npos)
        return name;
    const fs::path ours = parts.tools / name;
    return ::access(ours.c_str(), X_OK) == 0 ? ours.string() : findProgram(name);
}

std::map<std::string, std::string> ownSearchPaths()
{
    std::map<std::string, std::string> out;
    for (const char* name : {"LD_LIBRARY_PATH", "PATH"})
        if (const char* value = std::getenv(name); value != nullptr)
            out[name] = value;
    return out;
}

} // namespace

Result<GpuParts> GpuParts::find()
{
    std::error_code failed;
    const fs::path own = fs::read_symlink("/proc/self/exe", failed).parent_path();
    GpuParts parts;
    for (const auto& folder : {own, own / "../bin"})
        if (fs::exists(folder / "slipway-gpud", failed))
            parts.daemon = fs::weakly_canonical(folder / "slipway-gpud");
    for (const auto& folder :
         {own / "../lib/slipway/gpu", own / "../lib/gpu", own / "../../lib/gpu"})
        if (fs::exists(folder / "libcuda.so.1", failed)) {
            parts.libraries = fs::weakly_canonical(folder);
            parts.tools = parts.libraries / "bin";
            break;
        }
    if (parts.daemon.empty())
        return Error(ErrorCode::NotFound, "slipway-gpud is not beside " + own.string());
    if (parts.libraries.empty())
        return Error(ErrorCode::NotFound,
                     "the emulated libcuda.so.1 is not in "
                         + (own / "../lib/slipway/gpu").string());
    return parts;
}

Result<GpuDaemon> GpuDaemon::start(const GpuParts& parts, const std::string& card, int count,
                                   const fs::path& socket, const fs::path& log)
{
    std::array<int, 2> ends {};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return errnoError("make a pipe", errno);
    const UniqueFd readEnd(ends[0]);
    UniqueFd writeEnd(ends[1]);
    CommandLine command;
    command.argv = {parts.daemon.string(), "--socket",  socket.string(), "--card", card, "--count",
                    std::to_string(count), "--announce"};
    if (!log.empty()) {
        command.argv.emplace_back("--log");
        command.argv.push_back(log.string());
    }
    if (std::getenv("SLIPWAY_LOG") == nullptr)
        command.extraEnvironment["SLIPWAY_LOG"] = "error"; // clients print their own faults
    TRY_ASSIGN(auto process, Subprocess::start(command, -1, writeEnd.get(), STDERR_FILENO));
    writeEnd.reset();
    // It writes one line when it listens, and none when it cannot.
    pollfd ready {readEnd.get(), POLLIN, 0};
    char octet = 0;
    if (::poll(&ready, 1, readyMilliseconds) != 1 || ::read(readEnd.get(), &octet, 1) != 1) {
        process.kill(SIGKILL);
        static_cast<void>(process.wait());
        return Error(ErrorCode::Unavailable,
                     "start slipway-gpud: it did not come up (its reason is on stderr"
                         + (log.empty() ? std::string() : " or in " + log.string()) + ")");
    }
    return GpuDaemon(parts, socket, std::move(process));
}

GpuDaemon::~GpuDaemon()
{
    if (m_process.pid() <= 0)
        return;
    std::stop_source now;
    now.request_stop();
    static_cast<void>(m_process.wait(now.get_token()));
}

std::map<std::string, std::string>
GpuDaemon::environment(const std::map<std::string, std::string>& inherited) const
{
    return {{"SLIPWAY_GPU_SOCKET", m_socket.string()},
            {"LD_LIBRARY_PATH",
             prepended(m_parts.libraries.string(), valueIn(inherited, "LD_LIBRARY_PATH"))},
            {"PATH", prepended(m_parts.tools.string(), valueIn(inherited, "PATH"))}};
}

Result<int> runOnEmulatedGpu(const ProgramRunOptions& options, std::stop_token stop)
{
    if (options.argv.empty())
        return Error(ErrorCode::Invalid, "no program given");
    TRY_ASSIGN(const auto catalogue, cards::Catalogue::builtIn());
    TRY_ASSIGN(const auto request, catalogue.request(options.card));
    TRY_ASSIGN(const auto card, catalogue.card(request.id.empty() ? "any" : request.id));
    const std::string& name = options.argv[0];
    const std::string program = locate(name, options.parts);
    if (program.empty())
        return Error(ErrorCode::NotFound, "start " + name + ": no such program on PATH");
    TRY(checkProgram(program));
    TRY_ASSIGN(const auto folder, TempDir::create());
    TRY_ASSIGN(const auto daemon,
               GpuDaemon::start(options.parts, card.id,
                                options.count > 0 ? options.count : request.count,
                                folder.path() / "gpu.sock", options.log));
    CommandLine command;
    command.argv = options.argv;
    command.argv[0] = program;
    command.extraEnvironment = daemon.environment(ownSearchPaths());
    TRY_ASSIGN(auto process,
               Subprocess::start(command, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO));
    return process.wait(stop).code;
}

} // namespace emulator::gpu::server
