// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/State.h"

#include <string>
#include <string_view>
#include <vector>

namespace emulator::control {

/// How an app lives and ends. Belongs to the strand's thread.
class AppRules {
public:
    explicit AppRules(State& state)
        : m_state(state)
    {
    }

    /// Publishes what clients have staged the ordinary way, and lets containers of changed and
    /// removed functions finish what they do.
    [[nodiscard]] Result<> publish(std::string_view appId, const Publication& publication);
    /// The same with these definitions. Tasks that tried out `staging` become its first replicas.
    [[nodiscard]] Result<> publish(std::string_view appId, const Publication& publication,
                                   std::vector<store::FunctionRecord> functions,
                                   const std::string& staging);

    /// Its client has gone: an ephemeral app ends, a detached one ends with its work.
    void disconnect(std::string_view appId, std::string reason);

    /// Cancels its calls and lets its containers run their exit hooks. The app has stopped when
    /// the last of them has ended and its output is stored; then log streams say so.
    void stop(std::string_view appId, std::string reason);

    /// Ends apps whose clients went silent, whose work is done, or whose last task has ended.
    void sweep();

    static constexpr Micros heartbeatLimit = 60'000'000;

private:
    void settlePublish(const std::string& appId, const Publication& publication,
                       const std::vector<std::string>& changed);
    void finishIfEmpty(const store::AppRecord& app);
    [[nodiscard]] bool hasWork(const std::string& appId) const;

    State& m_state;
};

} // namespace emulator::control
