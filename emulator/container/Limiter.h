// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"
#include "emulator/container/ContainerPlan.h"
#include "emulator/container/Launcher.h"

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace emulator::container {

/// What holds one container to its limits and measures it. One thread (the helper's).
class Group {
public:
    virtual ~Group() = default;

    /// A cgroup v2 directory for CLONE_INTO_CGROUP, or -1.
    [[nodiscard]] virtual int directory() const { return -1; }

    /// cgroup.procs files that a process writes "0" to, or its pid, to come under the limits.
    [[nodiscard]] virtual std::vector<std::filesystem::path> doors() const { return {}; }

    /// `roots` are the processes below which all others of the container are found.
    [[nodiscard]] virtual Usage usage(std::span<const int> roots) = 0;

    /// Whether the kernel killed a process of it for want of memory.
    [[nodiscard]] virtual bool ranOutOfMemory() const { return false; }

    /// Folders to remove once its last process is gone.
    [[nodiscard]] virtual std::vector<std::filesystem::path> folders() const { return {}; }

    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

protected:
    Group() = default;
};

/// Makes groups; one of three ways, see Capability::Limiter. One thread.
class Limiter {
public:
    virtual ~Limiter() = default;

    [[nodiscard]] virtual Capability::Limiter kind() const = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<Group>> admit(const std::string& id,
                                                               const Limits& limits)
        = 0;

    /// Folders to remove when the last group is gone.
    [[nodiscard]] virtual std::vector<std::filesystem::path> folders() const { return {}; }

    Limiter(const Limiter&) = delete;
    Limiter& operator=(const Limiter&) = delete;

protected:
    Limiter() = default;
};

/// Takes the best that this machine gives this process, and says in `notes` why not better.
/// Must be called before the helper enters a user namespace.
[[nodiscard]] std::unique_ptr<Limiter> makeLimiter(std::vector<std::string>& notes);

/// One line of /proc/self/cgroup and where that hierarchy is mounted (cgroups(7)).
struct Hierarchy {
    std::vector<std::string> controllers; ///< empty: version 2
    std::filesystem::path mountPoint;
    std::filesystem::path folder; ///< this process's own group in it
};

/// Reads the texts of /proc/self/cgroup and /proc/self/mountinfo.
[[nodiscard]] std::vector<Hierarchy> hierarchies(const std::string& cgroup,
                                                 const std::string& mountInfo);

} // namespace emulator::container
