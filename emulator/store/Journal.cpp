// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/store/Journal.h"

#include "emulator/base/Id.h"

namespace emulator::store {
namespace {

Result<std::uint64_t> greatest(Database& database, const char* sql)
{
    TRY_ASSIGN(auto statement, database.prepare(sql));
    TRY_ASSIGN([[maybe_unused]] const bool row, statement.step());
    return static_cast<std::uint64_t>(statement.integer(0));
}

/// The column that a subject's prefix speaks of.
std::string_view columnOf(std::string_view subject)
{
    const auto prefix = idPrefix(subject);
    if (prefix == "ta")
        return "task_id";
    if (prefix == "im")
        return "image_id";
    if (prefix == "fu")
        return "function_id";
    return "app_id";
}

Result<> dropBefore(Database& database, const char* sql, Micros time)
{
    TRY_ASSIGN(auto statement, database.prepare(sql));
    return statement.bind(time).run();
}

} // namespace

Result<std::uint64_t> Journal::lastLine()
{
    return greatest(m_database, "SELECT COALESCE(MAX(sequence), 0) FROM logs");
}

Result<std::uint64_t> Journal::lastSample()
{
    return greatest(m_database, "SELECT COALESCE(MAX(sequence), 0) FROM usage");
}

Result<> Journal::addLine(const model::LogLine& line)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare("INSERT INTO logs (sequence, time, app_id, function_id, task_id, "
                                  "image_id, descriptor, text) VALUES (?,?,?,?,?,?,?,?)"));
    return statement.bind(line.sequence)
        .bind(line.time)
        .bind(line.appId)
        .bind(line.functionId)
        .bind(line.taskId)
        .bind(line.imageId)
        .bind(line.descriptor)
        .bind(Blob {line.text})
        .run();
}

Result<std::vector<model::LogLine>> Journal::lines(const model::LogQuery& query,
                                                   std::uint32_t limit)
{
    std::string sql = "SELECT sequence, time, app_id, function_id, task_id, image_id, descriptor, "
                      "text FROM logs WHERE sequence > ? AND time >= ?";
    if (!query.subject.empty())
        sql.append(" AND ").append(columnOf(query.subject)).append(" = ?");
    sql += " ORDER BY sequence LIMIT ?";
    TRY_ASSIGN(auto statement, m_database.prepare(sql));
    statement.bind(query.afterSequence).bind(query.since);
    if (!query.subject.empty())
        statement.bind(query.subject);
    statement.bind(limit);
    std::vector<model::LogLine> lines;
    while (true) {
        TRY_ASSIGN(const bool row, statement.step());
        if (!row)
            return lines;
        model::LogLine line;
        line.sequence = static_cast<std::uint64_t>(statement.integer(0));
        line.time = statement.integer(1);
        line.appId = statement.text(2);
        line.functionId = statement.text(3);
        line.taskId = statement.text(4);
        line.imageId = statement.text(5);
        line.descriptor = static_cast<std::int32_t>(statement.integer(6));
        line.text = statement.text(7);
        lines.push_back(std::move(line));
    }
}

Result<> Journal::dropLinesBefore(Micros time)
{
    return dropBefore(m_database, "DELETE FROM logs WHERE time < ?", time);
}

Result<> Journal::setPartial(const Partial& partial)
{
    if (partial.text.empty()) {
        TRY_ASSIGN(
            auto statement,
            m_database.prepare("DELETE FROM partial_lines WHERE subject = ? AND descriptor = ?"));
        return statement.bind(partial.subject).bind(partial.descriptor).run();
    }
    TRY_ASSIGN(auto statement,
               m_database.prepare("REPLACE INTO partial_lines (subject, descriptor, time, text) "
                                  "VALUES (?,?,?,?)"));
    return statement.bind(partial.subject)
        .bind(partial.descriptor)
        .bind(partial.time)
        .bind(Blob {partial.text})
        .run();
}

Result<std::vector<Journal::Partial>> Journal::partials()
{
    TRY_ASSIGN(auto statement,
               m_database.prepare("SELECT subject, descriptor, time, text FROM partial_lines"));
    std::vector<Partial> partials;
    while (true) {
        TRY_ASSIGN(const bool row, statement.step());
        if (!row)
            return partials;
        partials.push_back({statement.text(0), static_cast<std::int32_t>(statement.integer(1)),
                            statement.integer(2), statement.text(3)});
    }
}

Result<> Journal::addSample(const model::UsageSample& sample)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare("INSERT INTO usage (sequence, task_id, app_id, time, cpu_micros, "
                                  "memory_bytes, memory_peak_bytes, gpu_utilisation, "
                                  "gpu_memory_bytes, cost_micros) VALUES (?,?,?,?,?,?,?,?,?,?)"));
    return statement.bind(sample.sequence)
        .bind(sample.taskId)
        .bind(sample.appId)
        .bind(sample.time)
        .bind(sample.cpuMicros)
        .bind(sample.memoryBytes)
        .bind(sample.memoryPeakBytes)
        .bind(sample.gpuUtilisation)
        .bind(sample.gpuMemoryBytes)
        .bind(sample.costMicros)
        .run();
}

namespace {

constexpr std::string_view sampleColumns
    = "SELECT sequence, task_id, app_id, time, cpu_micros, memory_bytes, memory_peak_bytes, "
      "gpu_utilisation, gpu_memory_bytes, cost_micros FROM usage ";

model::UsageSample readSample(const Statement& statement)
{
    model::UsageSample sample;
    sample.sequence = static_cast<std::uint64_t>(statement.integer(0));
    sample.taskId = statement.text(1);
    sample.appId = statement.text(2);
    sample.time = statement.integer(3);
    sample.cpuMicros = static_cast<std::uint64_t>(statement.integer(4));
    sample.memoryBytes = static_cast<std::uint64_t>(statement.integer(5));
    sample.memoryPeakBytes = static_cast<std::uint64_t>(statement.integer(6));
    sample.gpuUtilisation = statement.real(7);
    sample.gpuMemoryBytes = static_cast<std::uint64_t>(statement.integer(8));
    sample.costMicros = statement.integer(9);
    return sample;
}

} // namespace

Result<std::vector<model::UsageSample>> Journal::samples(std::string_view appId,
                                                         std::string_view taskId,
                                                         std::uint64_t afterSequence,
                                                         std::uint32_t limit)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare(std::string(sampleColumns)
                                  + "WHERE sequence > ?1 AND (?2 = '' OR app_id = ?2) AND "
                                    "(?3 = '' OR task_id = ?3) ORDER BY sequence LIMIT ?4"));
    statement.bind(afterSequence).bind(appId).bind(taskId).bind(limit);
    std::vector<model::UsageSample> samples;
    while (true) {
        TRY_ASSIGN(const bool row, statement.step());
        if (!row)
            return samples;
        samples.push_back(readSample(statement));
    }
}

Result<model::UsageSample> Journal::latestSample(std::string_view taskId)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare(std::string(sampleColumns)
                                  + "WHERE task_id = ? ORDER BY sequence DESC LIMIT 1"));
    statement.bind(taskId);
    TRY_ASSIGN(const bool row, statement.step());
    return row ? readSample(statement) : model::UsageSample {};
}

Result<> Journal::dropSamplesBefore(Micros time)
{
    return dropBefore(m_database, "DELETE FROM usage WHERE time < ?", time);
}

Result<> Journal::addCharge(const Charge& charge)
{
    TRY_ASSIGN(
        auto statement,
        m_database.prepare(
            "INSERT INTO charges (app_id, function_id, gpu, day, micros, cost_micros) VALUES "
            "(?,?,?,?,?,?) ON CONFLICT (app_id, function_id, gpu, day) DO UPDATE SET micros "
            "= micros + excluded.micros, cost_micros = cost_micros + excluded.cost_micros"));
    return statement.bind(charge.appId)
        .bind(charge.functionId)
        .bind(charge.gpu)
        .bind(charge.day)
        .bind(charge.micros)
        .bind(charge.costMicros)
        .run();
}

Result<> Journal::addMinute(const CostMinute& minute)
{
    TRY_ASSIGN(
        auto statement,
        m_database.prepare(
            "INSERT INTO cost_minutes (minute, app_id, function_id, gpu, version, micros, "
            "cost_micros) VALUES (?,?,?,?,?,?,?) ON CONFLICT (minute, app_id, function_id, gpu, "
            "version) DO UPDATE SET micros = micros + excluded.micros, cost_micros = cost_micros "
            "+ excluded.cost_micros"));
    return statement.bind(minute.from)
        .bind(minute.appId)
        .bind(minute.functionId)
        .bind(minute.gpu)
        .bind(static_cast<std::int64_t>(minute.version))
        .bind(minute.micros)
        .bind(minute.costMicros)
        .run();
}

Result<std::vector<Journal::CostMinute>> Journal::minutes(std::string_view appId, Micros since,
                                                          Micros bucket)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare(
                   "SELECT minute / ?3 * ?3, app_id, function_id, gpu, version, SUM(micros), "
                   "SUM(cost_micros) FROM cost_minutes WHERE (?1 = '' OR app_id = ?1) AND minute "
                   ">= ?2 GROUP BY 1, 2, 3, 4, 5 ORDER BY 1"));
    statement.bind(appId).bind(since).bind(bucket);
    std::vector<CostMinute> minutes;
    while (true) {
        TRY_ASSIGN(const bool row, statement.step());
        if (!row)
            return minutes;
        minutes.push_back({statement.integer(0), statement.text(1), statement.text(2),
                           statement.text(3), static_cast<std::uint32_t>(statement.integer(4)),
                           statement.integer(5), statement.integer(6)});
    }
}

Result<std::vector<Journal::Charge>> Journal::charges(std::string_view appId)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare("SELECT app_id, function_id, gpu, day, micros, cost_micros FROM "
                                  "charges WHERE ?1 = '' OR app_id = ?1 ORDER BY day, app_id"));
    statement.bind(appId);
    std::vector<Charge> charges;
    while (true) {
        TRY_ASSIGN(const bool row, statement.step());
        if (!row)
            return charges;
        charges.push_back({statement.text(0), statement.text(1), statement.text(2),
                           statement.text(3), statement.integer(4), statement.integer(5)});
    }
}

} // namespace emulator::store
