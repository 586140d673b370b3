// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/RestDialect.h"

#include "remote/engines/slurm/Parse.h"
#include "remote/engines/slurm/Text.h"

#include <array>
#include <limits>

namespace remote::slurm {
namespace {

using emulator::Json;
using emulator::model::NodeSummary;

constexpr std::array dialects {
    RestDialect {.minor = 42,
                 .structured = true,
                 .excludesNodes = true,
                 .warnsBatch = true,
                 .scriptInJob = true},
    RestDialect {.minor = 41,
                 .structured = true,
                 .excludesNodes = true,
                 .warnsBatch = true,
                 .scriptInJob = true},
    RestDialect {.minor = 40,
                 .structured = true,
                 .excludesNodes = true,
                 .warnsBatch = true,
                 .scriptInJob = true},
    RestDialect {.minor = 39, .structured = true, .excludesNodes = true},
    // 22.05 and before: "B:" in a signal is refused, though its schema has it.
    RestDialect {.minor = 38},
    RestDialect {.minor = 37},
    RestDialect {.minor = 36},
};

const Json* member(const Json& object, const char* key)
{
    if (!object.is_object())
        return nullptr;
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

std::string text(const Json& object, const char* key)
{
    const auto* value = member(object, key);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

/// 7, "7" or {"set": true, "infinite": false, "number": 7}.
std::uint64_t number(const Json& object, const char* key)
{
    const auto* value = member(object, key);
    if (value == nullptr)
        return 0;
    if (value->is_number_unsigned())
        return value->get<std::uint64_t>();
    if (value->is_string())
        return parseNumber(value->get_ref<const std::string&>()).value_or(0);
    const auto* set = member(*value, "set");
    if (set != nullptr && set->is_boolean() && !set->get<bool>())
        return 0;
    const auto* inner = member(*value, "number");
    return inner != nullptr && inner->is_number_unsigned() ? inner->get<std::uint64_t>() : 0;
}

std::uint32_t count(const Json& object, const char* key)
{
    const auto value = number(object, key);
    return value > std::numeric_limits<std::uint32_t>::max() ? 0
                                                             : static_cast<std::uint32_t>(value);
}

emulator::Micros time(const Json& object, const char* key)
{
    return parseTime(std::to_string(number(object, key)));
}

/// "RUNNING", or the words of a list.
std::vector<std::string> words(const Json& object, const char* key)
{
    std::vector<std::string> list;
    const auto* value = member(object, key);
    if (value == nullptr)
        return list;
    if (value->is_string())
        list.push_back(value->get<std::string>());
    if (value->is_array())
        for (const auto& entry : *value)
            if (entry.is_string())
                list.push_back(entry.get<std::string>());
    return list;
}

std::string upperCase(std::string word)
{
    for (auto& c : word)
        if (c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 'a' + 'A');
    return word;
}

Json numberOf(const RestDialect& dialect, std::uint64_t value)
{
    if (dialect.structured)
        return Json {{"set", true}, {"number", value}};
    return value;
}

} // namespace

std::string RestDialect::prefix() const
{
    return "/slurm/v0.0." + std::to_string(minor);
}

std::optional<RestDialect> RestDialect::choose(const Json& openapi)
{
    const auto* paths = member(openapi, "paths");
    if (paths == nullptr || !paths->is_object())
        return std::nullopt;
    for (const auto& dialect : dialects)
        for (const char* end : {"/job/submit", "/job/submit/"})
            if (paths->contains(dialect.prefix() + end))
                return dialect;
    return std::nullopt;
}

bool canSay(const RestDialect& dialect, const JobRequest& request)
{
    // JSON holds no other octets than UTF-8's; a script may.
    const auto isAscii = [](const std::string& value) {
        for (const char c : value)
            if (static_cast<unsigned char>(c) > 0x7e)
                return false;
        return true;
    };
    return request.sbatchOptions.empty() && (dialect.excludesNodes || request.excludedNodes.empty())
        && isAscii(request.script) && isAscii(request.name) && isAscii(request.comment)
        && isAscii(request.outputFile);
}

Json submitBody(const RestDialect& dialect, const JobRequest& request)
{
    Json job {
        {"name", request.name},
        {"comment", request.comment},
        {"cpus_per_task", request.cpus},
        {"tasks", 1},
        {"memory_per_node", numberOf(dialect, request.memoryMb)},
        {"requeue", false},
        {"current_working_directory", "/"},
        {"standard_output",
         request.outputFile.empty() ? "/dev/null" : literalFileName(request.outputFile)},
    };
    const auto add = [&job](const char* key, const std::string& value) {
        if (!value.empty())
            job[key] = value;
    };
    add("partition", request.partition);
    add("account", request.account);
    add("qos", request.qos);
    if (request.timeLimitMinutes > 0)
        job["time_limit"] = numberOf(dialect, request.timeLimitMinutes);
    if (!dialect.structured) {
        job["nodes"] = Json::array({1, 1});
        job["open_mode"] = "append";
        job["environment"] = Json {{"PATH", "/usr/bin:/bin"}};
        add("gres", request.gres());
    } else {
        job["minimum_nodes"] = 1;
        job["maximum_nodes"] = 1;
        job["open_mode"] = Json::array({"APPEND"});
        job["environment"] = Json::array({"PATH=/usr/bin:/bin"});
        add("tres_per_node", request.gpus == 0 ? "" : "gres/" + request.gres());
    }
    if (!request.excludedNodes.empty())
        job["excluded_nodes"] = request.excludedNodes;
    if (request.warnBeforeEnd && dialect.warnsBatch) {
        job["kill_warning_signal"] = "TERM";
        job["kill_warning_flags"] = Json::array({"BATCH_JOB"});
        job["kill_warning_delay"] = numberOf(dialect, secondsToWarn);
    }
    if (dialect.scriptInJob)
        job["script"] = request.script;
    Json body {{"job", std::move(job)}};
    if (!dialect.scriptInJob)
        body["script"] = request.script;
    return body;
}

emulator::Result<Json> parseAnswer(std::string_view text)
{
    try {
        return emulator::parseJson(text);
    } catch (const Json::exception& error) {
        return emulator::Error(emulator::ErrorCode::Invalid, error.what());
    }
}

std::vector<JobRecord> readJobs(const Json& answer, const std::string& user)
{
    std::vector<JobRecord> records;
    const auto* jobs = member(answer, "jobs");
    if (jobs == nullptr || !jobs->is_array())
        return records;
    for (const auto& job : *jobs) {
        const auto states = words(job, "job_state");
        const auto id = number(job, "job_id");
        if (id == 0 || states.empty() || text(job, "user_name") != user)
            continue;
        JobRecord record;
        record.id = std::to_string(id);
        record.state = states.front();
        for (const auto& word : states)
            if (word == "COMPLETING" || word == "REQUEUE_HOLD")
                record.state = word;
        // As squeue does: the description, where there is one, says more.
        record.reason = text(job, "state_description");
        if (isNothing(record.reason))
            record.reason = text(job, "state_reason");
        if (isNothing(record.reason))
            record.reason.clear();
        record.nodes = text(job, "nodes");
        record.name = text(job, "name");
        record.comment = text(job, "comment");
        record.submittedAt = time(job, "submit_time");
        record.startedAt = time(job, "start_time");
        record.endedAt = time(job, "end_time");
        records.push_back(std::move(record));
    }
    return records;
}

std::vector<NodeSummary> readNodes(const Json& answer)
{
    std::vector<NodeSummary> summaries;
    const auto* nodes = member(answer, "nodes");
    if (nodes == nullptr || !nodes->is_array())
        return summaries;
    for (const auto& node : *nodes) {
        NodeSummary summary;
        summary.name = text(node, "name");
        if (summary.name.empty())
            continue;
        std::string state;
        for (const char* key : {"state", "state_flags"})
            for (const auto& word : words(node, key))
                state += (state.empty() ? "" : "+") + upperCase(word);
        const auto known = parseNodeState(state);
        summary.state = known.word;
        summary.usable = known.usable;
        summary.reason = text(node, "reason");
        summary.cpus = count(node, "cpus");
        summary.cpusAllocated = count(node, "alloc_cpus");
        summary.memoryMb = number(node, "real_memory");
        summary.memoryMbAllocated = number(node, "alloc_memory");
        summary.gpus = parseGres(text(node, "gres"));
        summary.gpusAllocated = parseGres(text(node, "gres_used"));
        std::erase_if(summary.gpusAllocated, [](const auto& entry) { return entry.second == 0; });
        summaries.push_back(std::move(summary));
    }
    return summaries;
}

std::optional<std::string> readJobId(const Json& answer)
{
    auto id = number(answer, "job_id");
    if (const auto* result = member(answer, "result"); id == 0 && result != nullptr)
        id = number(*result, "job_id");
    if (id == 0)
        return std::nullopt;
    return std::to_string(id);
}

std::string readRelease(const Json& answer)
{
    const auto* meta = member(answer, "meta");
    if (meta == nullptr)
        return {};
    for (const char* key : {"Slurm", "slurm"}) // before and since 23.11
        if (const auto* slurm = member(*meta, key))
            return printable(text(*slurm, "release"));
    return {};
}

std::string errorWords(const Json& answer)
{
    std::string all;
    const auto* errors = member(answer, "errors");
    if (errors == nullptr || !errors->is_array())
        return all;
    for (const auto& error : *errors) {
        const auto description = text(error, "description");
        const auto word = text(error, "error");
        auto line = description;
        if (description.find(word) == std::string::npos)
            line += (line.empty() ? "" : ": ") + word;
        if (!line.empty())
            all += line + "\n";
    }
    return all;
}

} // namespace remote::slurm
