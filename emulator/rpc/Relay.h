// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/rpc/Upstream.h"

#include <filesystem>
#include <memory>
#include <string>

namespace emulator::rpc {

/// The way from a task to the control plane: one unix socket a task, whose every call goes on with
/// that task's identity (x-slipway-task), whatever the caller says about itself. A call that the
/// control plane drops by dying is held and made again with the same idempotency key, so a task
/// does not notice a restart. Thread-safe.
class Relay {
public:
    [[nodiscard]] static std::unique_ptr<Relay> create(const Upstream& upstream);
    virtual ~Relay() = default;

    /// Serves `taskId` on a new socket at `socket`.
    [[nodiscard]] virtual Result<> open(const std::string& taskId,
                                        const std::filesystem::path& socket)
        = 0;

    /// Ends what is in flight and removes the socket.
    virtual void close(const std::string& taskId) = 0;

    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

protected:
    Relay() = default;
};

} // namespace emulator::rpc
