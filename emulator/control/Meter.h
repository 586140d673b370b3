// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Context.h"
#include "emulator/cost/PriceBook.h"
#include "emulator/model/Engine.h"
#include "emulator/model/Task.h"
#include "emulator/store/Journal.h"
#include "emulator/store/Records.h"

#include <map>
#include <string>
#include <vector>

namespace emulator::control {

/// What tasks use and what that costs: resources reserved x time x price, in whole micro-dollars.
/// A task's cost, its app's and each day's are sums of the same charges. Belongs to the strand's
/// thread.
class Meter {
public:
    Meter(Context& context, cost::PriceBook prices)
        : m_context(context)
        , m_prices(std::move(prices))
        , m_journal(context.database)
    {
    }

    void load();

    /// Charges a running task up to `until`; the caller stores the task.
    void charge(store::TaskRecord& task, Micros until);
    /// Stores a sample with the task's cost so far.
    void sample(const store::TaskRecord& task, model::UsageSample sample);

    /// The engine's accounting has the last word on how long a replica's resources were held: the
    /// difference to what was charged so far is charged (or given back). The caller stores the
    /// task.
    void correct(store::TaskRecord& task, const model::JobUsage& usage);

    /// What stretches of `bucket` cost since a time, oldest first; of one app, or of all.
    [[nodiscard]] std::vector<store::Journal::CostMinute> series(std::string_view appId,
                                                                 Micros since, Micros bucket);

    [[nodiscard]] model::UsageSample latest(const std::string& taskId) const;
    [[nodiscard]] std::vector<model::UsageSample>
    samples(std::string_view appId, std::string_view taskId, std::uint64_t afterSequence);
    [[nodiscard]] std::vector<store::Journal::Charge> charges(std::string_view appId);
    [[nodiscard]] std::int64_t costOfApp(const std::string& appId) const;
    [[nodiscard]] const cost::PriceBook& prices() const { return m_prices; }
    void prune(Micros before);

private:
    void book(store::TaskRecord& task, Micros from, std::int64_t micros, std::int64_t costMicros);

    Context& m_context;
    cost::PriceBook m_prices;
    mutable store::Journal m_journal;
    std::uint64_t m_last = 0;
    std::map<std::string, model::UsageSample> m_latest; ///< by task
    std::map<std::string, std::int64_t> m_apps; ///< costs
};

} // namespace emulator::control
