// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Bytes.h"
#include "emulator/base/Json.h"
#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"
#include "emulator/container/Launcher.h"

#include <cstdint>
#include <deque>
#include <string>

namespace emulator::container {

/// A Python process that has imported and waits to be forked: the helper's record of it.
struct Zygote {
    enum class State { Starting, Ready, Failed };

    State state = State::Starting;
    std::uint64_t handle = 0; ///< of the container it lives in
    UniqueFd control; ///< brings the children's sockets
    UniqueFd init; ///< pidfd of its container's first process
    std::string failure; ///< why it cannot serve
    std::deque<std::uint64_t> waiting; ///< containers that wait for it to be ready
    std::uint64_t lastUse = 0; ///< for choosing which one must go
};

/// Tells one zygote from another; the interpreter's name is part of it.
[[nodiscard]] std::string keyOf(const ContainerPlan& plan, const ZygotePlan& zygote);

/// Why a fork of `zygote` would differ from a fresh start of `plan`; empty when it would not.
[[nodiscard]] std::string whyUnfit(const ContainerPlan& plan, const ZygotePlan& zygote);

/// The container in which a zygote for `plan` lives.
[[nodiscard]] ContainerPlan homeOf(const ContainerPlan& plan, const ZygotePlan& zygote,
                                   const std::filesystem::path& stateFolder, std::uint64_t handle);

/// The zygote's program in memory, read-only, from its beginning.
[[nodiscard]] Result<UniqueFd> openScript();

/// JSON text for the zygote's program: what its child becomes. `room` is {user, group, groups}.
[[nodiscard]] std::string enterText(const ContainerPlan& plan, const Capability& capability,
                                    const Json& room, const Bytes& filter);

} // namespace emulator::container
