// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/container/ContainerPlan.h"
#include "emulator/container/Launcher.h"

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace emulator::container {

/// Who a container's first process is.
struct Identity {
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;
};

/// Looks "", "name", "uid", "uid:gid" or "name:group" up in the texts of /etc/passwd and
/// /etc/group (passwd(5), group(5)). NotFound for an unknown name.
[[nodiscard]] Result<Identity> findIdentity(const std::string& user, std::string_view passwd,
                                            std::string_view group);

/// Becomes `identity` with what `privilege` leaves: for a function no capability, no_new_privs;
/// for a build those of the usual container. Loads `filter` (seccomp BPF). What follows is exec.
[[nodiscard]] Result<> become(const Identity& identity, Privilege privilege,
                              const Capability& capability, std::string_view filter);

/// Gives up every capability and what could bring one back; the user stays.
[[nodiscard]] Result<> dropCapabilities();

} // namespace emulator::container
