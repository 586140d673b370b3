// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/model/Studio.h"
#include "emulator/store/Database.h"

#include <string>
#include <vector>

namespace emulator::store {

/// What grows for ever: log lines, usage samples, charges. One thread.
class Journal {
public:
    explicit Journal(Database& database)
        : m_database(database)
    {
    }

    /// The greatest sequence stored so far; 0 when there is none.
    [[nodiscard]] Result<std::uint64_t> lastLine();
    [[nodiscard]] Result<std::uint64_t> lastSample();

    [[nodiscard]] Result<> addLine(const model::LogLine& line);
    /// Lines of query.subject after query.afterSequence and since query.since, oldest first.
    [[nodiscard]] Result<std::vector<model::LogLine>> lines(const model::LogQuery& query,
                                                            std::uint32_t limit);
    [[nodiscard]] Result<> dropLinesBefore(Micros time);

    /// The beginning of a line of a task or build; empty text: there is none any more.
    struct Partial {
        std::string subject;
        std::int32_t descriptor = 1;
        Micros time = 0;
        std::string text;
    };
    [[nodiscard]] Result<> setPartial(const Partial& partial);
    [[nodiscard]] Result<std::vector<Partial>> partials();

    [[nodiscard]] Result<> addSample(const model::UsageSample& sample);
    [[nodiscard]] Result<std::vector<model::UsageSample>> samples(std::string_view appId,
                                                                  std::string_view taskId,
                                                                  std::uint64_t afterSequence,
                                                                  std::uint32_t limit);
    [[nodiscard]] Result<model::UsageSample> latestSample(std::string_view taskId);
    [[nodiscard]] Result<> dropSamplesBefore(Micros time);

    struct Charge {
        std::string appId;
        std::string functionId;
        std::string gpu;
        std::string day; ///< "2026-11-24"
        std::int64_t micros = 0; ///< of task time
        std::int64_t costMicros = 0; ///< micro-dollars
    };
    /// Adds to the sum of its app, function, card and day.
    [[nodiscard]] Result<> addCharge(const Charge& charge);
    /// Sums of one app, or of all when empty.
    [[nodiscard]] Result<std::vector<Charge>> charges(std::string_view appId);

    /// What a stretch of time cost, for graphs.
    struct CostMinute {
        Micros from = 0;
        std::string appId;
        std::string functionId;
        std::string gpu;
        std::uint32_t version = 0; ///< of the deployment
        std::int64_t micros = 0;
        std::int64_t costMicros = 0;
    };
    [[nodiscard]] Result<> addMinute(const CostMinute& minute);
    /// Sums of stretches of `bucket`, oldest first, of one app or of all.
    [[nodiscard]] Result<std::vector<CostMinute>> minutes(std::string_view appId, Micros since,
                                                          Micros bucket);

private:
    Database& m_database;
};

} // namespace emulator::store
