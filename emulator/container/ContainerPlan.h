// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace emulator::container {

/// Something of the host that a container sees.
struct Mount {
    enum class Kind { Bind, BindReadOnly, Tmpfs };
    Kind kind = Kind::BindReadOnly;
    std::filesystem::path source; ///< a file, folder or socket; empty for Tmpfs
    std::string target; ///< absolute in the container; made when it is missing
};

/// 0 means no limit.
struct Limits {
    double cpus = 0;
    std::uint64_t memoryBytes = 0;
    std::uint32_t processes = 4096;
};

enum class Network {
    Host, ///< shares the host's interfaces
    None, ///< an empty namespace (block_network)
};

/// What the processes in a container may do.
enum class Privilege {
    Function, ///< no capability at all, seccomp allow-list
    Build, ///< what RUN apt-get needs: chown, setuid, mknod inside the container
};

/// A container, decided as a value; Launcher carries it out.
struct ContainerPlan {
    std::string id; ///< the task's id: names the cgroup
    std::vector<std::filesystem::path> layers; ///< read-only, lowest first
    /// Where the container's own writes go: overlayfs' upper directory itself. Made when missing;
    /// Launcher removes it at the end unless `keepWrites`. Must be on a file system that overlayfs
    /// accepts; `<writes>.work` beside it is used while the container runs.
    std::filesystem::path writes;
    bool keepWrites = false; ///< a build step: the writes become a layer
    std::vector<Mount> mounts;
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment; ///< the whole of it
    std::string workingDirectory = "/";
    std::string user; ///< "", "name", "uid", "uid:gid": looked up in the container's passwd
    std::string hostname;
    Network network = Network::Host;
    Privilege privilege = Privilege::Function;
    Limits limits;
};

} // namespace emulator::container
