// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/AppRules.h"
#include "emulator/control/State.h"
#include "emulator/model/Studio.h"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::control {

/// How the containers of the old version go.
enum class Strategy {
    Rolling, ///< they finish what they have, beside the new ones
    Recreate, ///< they are stopped first; their inputs go to the new ones
};

/// "rolling" or "recreate"; Invalid for anything else, "rolling" when empty.
[[nodiscard]] Result<Strategy> strategyFrom(std::string_view name);
[[nodiscard]] const char* nameOf(Strategy strategy);

/// How versions of a deployed app come to be: staged, tried out, switched to, repeated; and what
/// they may cost. A version is live or not: the switch is one transaction. Belongs to the strand's
/// thread.
class DeployRules {
public:
    DeployRules(State& state, AppRules& apps)
        : m_state(state)
        , m_apps(apps)
    {
    }

    /// Keeps a publication under its nonce; older stagings of the app are discarded.
    [[nodiscard]] Result<> stage(const std::string& nonce, const std::string& appId,
                                 const Publication& publication);
    /// Forgets a staging; an app that was never published goes with it.
    void discard(const std::string& nonce);

    /// What a promotion has come to; it goes on by itself with step().
    struct Promotion {
        std::vector<model::PromoteProgress> progress;
        bool finished = false;
        std::optional<Error> failure; ///< once finished: it did not become live
    };
    /// Tries the given functions of a staging out, one after the other, then makes it live. A
    /// failure leaves the live version as it is, and the staging for another attempt.
    [[nodiscard]] Result<> promote(const std::string& nonce, Strategy strategy,
                                   std::vector<std::string> probes);
    /// Makes a version that repeats an old one; 0 repeats the one before the live. Gives what it
    /// repeats; the promotion goes by the returned `id`.
    struct RollbackStart {
        std::string id;
        std::int32_t repeats = 0;
    };
    [[nodiscard]] Result<RollbackStart> rollback(const std::string& appId, std::int32_t version,
                                                 Strategy strategy);
    /// Makes a version that repeats the live one, for fresh containers.
    [[nodiscard]] Result<> rollover(const std::string& appId);

    /// Null when there is no such promotion.
    [[nodiscard]] const Promotion* find(const std::string& id) const;
    /// Ends a promotion that is not live yet; its probes are stopped.
    void cancel(const std::string& id);
    /// Forgets a finished promotion.
    void forget(const std::string& id) { m_promotions.erase(id); }
    /// The topic that is signalled with the progress of a promotion.
    [[nodiscard]] static std::string topic(const std::string& id) { return "promotion " + id; }

    /// 0: no budget.
    void setBudget(const std::string& appId, std::int64_t micros);

    /// Moves promotions on as far as they go; cheap when there is none.
    void step();
    /// Budgets, stale stagings, probes that nobody waits for.
    void sweep();

    static constexpr Micros stagingLife = 3'600'000'000;
    static constexpr Micros recreateGrace = 30'000'000; ///< for exit hooks of the old containers

private:
    enum class Phase { Probing, Emptying, Finished };
    struct Running {
        std::string appId;
        std::string staging; ///< empty: a rollback
        Publication publication;
        std::vector<store::FunctionRecord> functions;
        Strategy strategy = Strategy::Rolling;
        Phase phase = Phase::Probing;
        std::deque<std::string> probes; ///< functions to try out yet
        std::string task; ///< of the first of them
        std::string reported; ///< its state as told last
        Micros killAt = 0; ///< old containers that are still there
        Promotion outcome;
    };

    [[nodiscard]] Result<Running> repeat(const store::AppRecord& app, std::int32_t version,
                                         Strategy strategy);
    void advance(const std::string& id, Running& promotion);
    [[nodiscard]] bool probe(const std::string& id, Running& promotion);
    void startProbe(const std::string& id, Running& promotion);
    [[nodiscard]] std::optional<std::string> failureOf(const store::TaskRecord& task) const;
    [[nodiscard]] bool empty(const std::string& id, Running& promotion);
    void switchOver(const std::string& id, Running& promotion);
    void fail(const std::string& id, Running& promotion, Error error);
    void tell(const std::string& id, Running& promotion, model::PromoteProgress progress);
    void stopProbes(const std::string& staging);
    void checkBudget(const store::AppRecord& app);

    State& m_state;
    AppRules& m_apps;
    std::map<std::string, Running> m_promotions;
};

} // namespace emulator::control
