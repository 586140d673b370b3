// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/Parse.h"
#include "remote/engines/slurm/Text.h"

#include <algorithm>

namespace remote::slurm {
namespace {

constexpr std::size_t squeueFields = 9;
constexpr std::size_t sacctFields = 8;

/// "4711", and not the "4711_3" of an array or the "4711+1" of a heterogeneous job.
bool isJobId(std::string_view text)
{
    return !text.empty()
        && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string textOf(std::string_view field)
{
    return isNothing(field) ? std::string() : std::string(field);
}

} // namespace

std::string squeueFormat()
{
    std::string format;
    for (const char* field : {"%i", "%T", "%r", "%N", "%V", "%S", "%e", "%k", "%j"})
        format += (format.empty() ? "" : std::string(1, squeueSeparator)) + field;
    return format;
}

std::vector<JobRecord> parseSqueue(std::string_view text)
{
    std::vector<JobRecord> records;
    for (const auto line : split(text, '\n')) {
        const auto fields = split(line, squeueSeparator);
        if (fields.size() != squeueFields || !isJobId(fields[0]) || fields[1].empty())
            continue;
        JobRecord record;
        record.id = fields[0];
        record.state = fields[1];
        record.reason = textOf(fields[2]);
        record.nodes = textOf(fields[3]);
        record.submittedAt = parseTime(fields[4]);
        record.startedAt = parseTime(fields[5]);
        record.endedAt = parseTime(fields[6]);
        record.comment = textOf(fields[7]);
        record.name = fields[8];
        records.push_back(std::move(record));
    }
    return records;
}

std::string sacctFormat()
{
    return "JobIDRaw,State,Submit,Start,End,ElapsedRaw,AllocTRES,NodeList";
}

std::vector<AccountingLine> parseSacct(std::string_view text)
{
    std::vector<AccountingLine> lines;
    for (const auto line : split(text, '\n')) {
        const auto fields = split(line, '|');
        if (fields.size() != sacctFields || !isJobId(fields[0]))
            continue;
        AccountingLine entry;
        entry.usage.jobId = fields[0];
        entry.usage.state = fields[1].substr(0, fields[1].find(' '));
        entry.submittedAt = parseTime(fields[2]);
        entry.usage.startedAt = parseTime(fields[3]);
        entry.usage.endedAt = parseTime(fields[4]);
        const auto elapsed = parseNumber(fields[5]).value_or(0);
        entry.usage.elapsedSeconds
            = static_cast<std::int64_t>(std::min<std::uint64_t>(elapsed, INT64_MAX));
        const auto tres = parseTres(fields[6]);
        entry.usage.cpus = tres.cpus;
        entry.usage.memoryMb = tres.memoryMb;
        for (const auto& [type, count] : tres.gpus) {
            if (entry.usage.gpuType.empty())
                entry.usage.gpuType = type;
            entry.usage.gpus += count;
        }
        entry.nodes = fields[7] == "None assigned" ? std::string() : textOf(fields[7]);
        lines.push_back(std::move(entry));
    }
    return lines;
}

} // namespace remote::slurm
