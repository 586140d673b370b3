// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"
#include "emulator/container/ContainerPlan.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace emulator::container {

/// The strongest way of isolation that this machine allows, found by trying it.
struct Capability {
    enum class Way {
        Root, ///< real root: namespaces, kernel overlay
        Subordinate, ///< user namespace with a subordinate id range (newuidmap)
        SingleId, ///< user namespace with one id; chown in builds is a no-op
    };
    enum class Limiter { CgroupV1, CgroupV2, Watchdog };

    Way way = Way::SingleId;
    Limiter limiter = Limiter::Watchdog;
    bool kernelOverlay = true; ///< else fuse-overlayfs
    std::vector<std::string> notes; ///< sentences for slip doctor: what, why, how to get better
};

/// Tries what this machine allows; Unsupported with advice when it allows nothing.
[[nodiscard]] Result<Capability> probe(const std::filesystem::path& stateFolder);

/// What a container has used.
struct Usage {
    std::uint64_t cpuMicros = 0; ///< since it started
    std::uint64_t memoryBytes = 0; ///< now
    std::uint64_t memoryPeakBytes = 0;
};

/// How a container ended.
struct ContainerExit {
    int code = 0; ///< exit code of its first process, or 128 + signal
    int signal = 0;
    bool outOfMemory = false;
    Usage usage;
};

/// A running container; every process in it ends when the value dies. Thread-safe.
class Container {
public:
    virtual ~Container() = default;

    /// Its first process, as the host numbers it.
    [[nodiscard]] virtual int pid() const = 0;

    /// Read ends of its standard output and error; owned by the container.
    [[nodiscard]] virtual int standardOutput() const = 0;
    [[nodiscard]] virtual int standardError() const = 0;

    /// To its first process; SIGKILL ends every process in it.
    virtual void kill(int signal) = 0;

    /// Waits until its last process is gone; Cancelled when `stop` fires first (it keeps running).
    [[nodiscard]] virtual Result<ContainerExit> wait(std::stop_token stop) = 0;

    [[nodiscard]] virtual Usage usage() const = 0;

    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;

protected:
    Container() = default;
};

/// Names a Python process that has imported `preload` once and is forked per container: one per
/// (layers, mounts, environment that is read at import, preload).
struct ZygotePlan {
    std::vector<std::filesystem::path> layers; ///< the lowest of the plan's
    std::vector<Mount> mounts; ///< read-only; where `preload` is imported from
    std::map<std::string, std::string> environment;
    std::vector<std::string> preload; ///< modules
};

/// Makes containers. A small single-threaded helper process does the work (clone3, overlay,
/// pivot_root, cgroups), so that the big process never forks; all containers die with it, and it
/// dies with its owner. Thread-safe.
class Launcher {
public:
    /// `stateFolder` holds roots and scratch. Starts the helper (this program again).
    [[nodiscard]] static Result<std::unique_ptr<Launcher>>
    create(const std::filesystem::path& stateFolder);
    virtual ~Launcher() = default;

    [[nodiscard]] virtual const Capability& capability() const = 0;

    /// Starts a container. Invalid for a plan that cannot be carried out, Io with the step that
    /// failed ("start ta-…: mount overlay: …").
    [[nodiscard]] virtual Result<std::unique_ptr<Container>> launch(const ContainerPlan& plan) = 0;

    /// The same through a zygote, started when there is none yet; `plan.argv` must be
    /// {"python", "-m", MODULE, …}. Falls back to launch() and logs why when a zygote cannot serve.
    [[nodiscard]] virtual Result<std::unique_ptr<Container>> launchForked(const ContainerPlan& plan,
                                                                          const ZygotePlan& zygote)
        = 0;

    Launcher(const Launcher&) = delete;
    Launcher& operator=(const Launcher&) = delete;

protected:
    Launcher() = default;
};

/// The helper's main function. A program that makes a Launcher calls it first thing in its own
/// main when argv[1] is "--launcher", and returns what it returns.
[[nodiscard]] int launcherMain(int argc, char** argv);

} // namespace emulator::container
