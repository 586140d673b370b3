// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/Subprocess.h"
#include "emulator/gpu/cards/Cards.h"

#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace emulator::gpu::server {

/// Where the parts of an installation lie.
struct GpuParts {
    std::filesystem::path daemon; ///< slipway-gpud
    std::filesystem::path libraries; ///< folder of libcuda.so.1, libcudart.so.*, libnvidia-ml.so.1
    std::filesystem::path tools; ///< folder of nvidia-smi; put on PATH

    /// Looks beside the running program: its folder, ../lib/slipway/gpu, ../lib/gpu. NotFound
    /// names what is missing.
    [[nodiscard]] static Result<GpuParts> find();
};

/// A slipway-gpud that is running for somebody; ends with the value.
class GpuDaemon {
public:
    /// Starts it and waits until it listens on `socket`. `log` empty: its log goes to stderr.
    [[nodiscard]] static Result<GpuDaemon> start(const GpuParts& parts, const std::string& card,
                                                 int count, const std::filesystem::path& socket,
                                                 const std::filesystem::path& log = {});

    /// The variables that steer a program to this device: SLIPWAY_GPU_SOCKET, LD_LIBRARY_PATH and
    /// PATH with ours first. `inherited` is looked at for the latter two.
    [[nodiscard]] std::map<std::string, std::string>
    environment(const std::map<std::string, std::string>& inherited) const;

    [[nodiscard]] int pid() const { return m_process.pid(); }
    [[nodiscard]] const std::filesystem::path& socket() const { return m_socket; }

    GpuDaemon(GpuDaemon&&) noexcept = default;
    GpuDaemon& operator=(GpuDaemon&&) = delete;
    GpuDaemon(const GpuDaemon&) = delete;
    GpuDaemon& operator=(const GpuDaemon&) = delete;
    ~GpuDaemon();

private:
    GpuDaemon(GpuParts parts, std::filesystem::path socket, Subprocess process)
        : m_parts(std::move(parts))
        , m_socket(std::move(socket))
        , m_process(std::move(process))
    {
    }

    GpuParts m_parts;
    std::filesystem::path m_socket;
    Subprocess m_process;
};

/// slip gpu exec [--card H100] [--count N] -- PROGRAM ARGS…
struct ProgramRunOptions {
    std::string card = "H100"; ///< any spelling of cards::Catalogue::request, its count included
    int count = 0; ///< 0: what `card` says, else 1
    std::vector<std::string> argv;
    GpuParts parts;
    std::filesystem::path log; ///< gpud's; empty: warnings go to stderr
};

/// Starts a slipway-gpud, runs the program on it with the terminal's standard streams, and gives
/// its exit code (128 + signal when it was killed). Fails when the program cannot run there
/// (checkProgram), cannot be started, or gpud does not come up.
[[nodiscard]] Result<int> runOnEmulatedGpu(const ProgramRunOptions& options,
                                           std::stop_token stop = {});

} // namespace emulator::gpu::server
