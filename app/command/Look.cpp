// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Commands.h"
#include "app/command/Reach.h"
#include "emulator/rpc/StudioClient.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <regex>

namespace app::command {

using namespace emulator;

namespace {

constexpr std::array<const char*, 5> stateNames {"queued", "starting", "running", "stopping",
                                                 "finished"};
constexpr std::array<const char*, 6> reasonNames {"exited",  "out of memory", "timed out",
                                                  "stopped", "start failed",  "worker lost"};

/// Asks the target's control plane, and prints what it says.
template<typename Ask, typename Show>
int look(const Context& context, Ask ask, Show show)
{
    const auto reached = reach(context);
    if (!reached)
        return report(reached.error());
    const rpc::StudioClient studio(reached->studio);
    const auto answer = ask(studio);
    if (!answer)
        return report(answer.error());
    return show(*answer);
}

std::string describeEnd(const model::TaskSummary& task)
{
    if (task.state != model::TaskState::Finished)
        return {};
    const std::string reason = reasonNames[static_cast<std::size_t>(task.end.reason)];
    return task.end.reason == model::EndReason::Exited
        ? reason + " " + std::to_string(task.end.exitCode)
        : reason;
}

} // namespace

int apps(const Context& context)
{
    return look(
        context, [](const rpc::StudioClient& studio) { return studio.apps({}); },
        [&](const std::vector<model::AppSummary>& apps) {
            Table table {{"App", "Name", "State", "Tasks", "Created", "Stopped", "Cost"}, {}};
            for (const auto& app : apps)
                table.rows.push_back({app.id, app.description, app.state, app.tasksRunning,
                                      spellTime(app.createdAt), spellTime(app.stoppedAt),
                                      spellMoney(app.costMicros)});
            table.print(context.json);
            return Done;
        });
}

int calls(const Context& context, const std::string& app)
{
    return look(
        context, [&](const rpc::StudioClient& studio) { return studio.calls({.appId = app}); },
        [&](const std::vector<model::CallSummary>& calls) {
            Table table {
                {"Call", "Function", "Inputs", "Succeeded", "Failed", "Created", "Finished"}, {}};
            for (const auto& call : calls)
                table.rows.push_back({call.id, call.functionName, call.inputs, call.succeeded,
                                      call.failed, spellTime(call.createdAt),
                                      spellTime(call.finishedAt)});
            table.print(context.json);
            return Done;
        });
}

int tasks(const Context& context, const std::string& app, bool onlyLive)
{
    return look(
        context,
        [&](const rpc::StudioClient& studio) {
            return studio.tasks({.appId = app, .onlyLive = onlyLive});
        },
        [&](const std::vector<model::TaskSummary>& tasks) {
            Table table {
                {"Task", "Function", "GPU", "State", "Started", "CPU s", "Memory", "Cost", "End"},
                {}};
            for (const auto& task : tasks)
                table.rows.push_back({task.id, task.functionName, task.gpu,
                                      stateNames[static_cast<std::size_t>(task.state)],
                                      spellTime(task.startedAt),
                                      static_cast<double>(task.usage.cpuMicros / 1000) / 1000,
                                      spellBytes(task.usage.memoryPeakBytes),
                                      spellMoney(task.costMicros), describeEnd(task)});
            table.print(context.json);
            return Done;
        });
}

int images(const Context& context)
{
    return look(
        context, [](const rpc::StudioClient& studio) { return studio.images(); },
        [&](const std::vector<model::ImageSummary>& images) {
            Table table {{"Image", "State", "Layers", "Python", "Created", "Error"}, {}};
            for (const auto& image : images)
                table.rows.push_back({image.id, image.state, image.layers, image.pythonVersion,
                                      spellTime(image.createdAt), image.error});
            table.print(context.json);
            return Done;
        });
}

int stop(const Context& context, const std::string& id)
{
    return look(
        context, [&](const rpc::StudioClient& studio) { return studio.stop(id); },
        [&](const std::string& what) {
            if (context.json)
                std::printf("%s\n", Json {{"stopped", what}}.dump().c_str());
            else
                std::printf("%s\n", what.c_str());
            return Done;
        });
}

int api(const Context& context, bool onlyMissing)
{
    return look(
        context, [](const rpc::StudioClient& studio) { return studio.apiTable(); },
        [&](const std::vector<model::MethodSummary>& methods) {
            Table table {{"Method", "Served", "Calls", "Errors"}, {}};
            for (const auto& method : methods)
                if (!onlyMissing || !method.served)
                    table.rows.push_back({method.name, method.served ? "served" : "refused by name",
                                          method.calls, method.errors});
            table.print(context.json);
            return Done;
        });
}

int cost(const Context& context, const std::string& app, const std::string& by)
{
    return look(
        context, [&](const rpc::StudioClient& studio) { return studio.cost(app); },
        [&](const std::vector<model::CostLine>& lines) {
            struct Sum {
                double seconds = 0;
                std::int64_t micros = 0;
            };
            std::map<std::string, Sum> sums;
            Sum total;
            for (const auto& line : lines) {
                const auto& key = by == "gpu" ? line.gpu
                    : by == "day"             ? line.day
                                              : line.functionName;
                auto& sum = sums[key.empty() ? "cpu" : key];
                for (auto* into : {&sum, &total}) {
                    into->seconds += line.seconds;
                    into->micros += line.costMicros;
                }
            }
            Table table {{by.empty() ? "Function" : by, "Seconds", "Cost"}, {}};
            const auto add = [&](const std::string& name, const Sum& sum) {
                std::array<char, 32> seconds {};
                std::snprintf(seconds.data(), seconds.size(), "%.2f", sum.seconds);
                if (context.json)
                    table.rows.push_back({name, sum.seconds, sum.micros});
                else
                    table.rows.push_back({name, seconds.data(), spellMoney(sum.micros)});
            };
            for (const auto& [key, sum] : sums)
                add(key, sum);
            add("total", total);
            if (context.json)
                table.headings.back() = "cost_micros";
            table.print(context.json);
            if (!context.json)
                std::fprintf(stderr,
                             "emulated: what this use would cost at the price book's rates\n");
            return Done;
        });
}

namespace {

/// "90s", "5m", "2h", "1d" as microseconds.
Result<Micros> parseSpan(const std::string& text)
{
    const std::map<char, Micros> units {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    Micros count = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
    const bool whole = failed == std::errc() && end + 1 == text.data() + text.size();
    if (!whole || !units.contains(*end))
        return Error(ErrorCode::Invalid, "--since wants a number and s, m, h or d, as in 5m");
    return count * units.at(*end) * 1'000'000;
}

void printLine(const Context& context, const model::LogLine& line)
{
    if (context.json) {
        std::printf("%s\n",
                    Json {{"sequence", line.sequence},
                          {"time", line.time},
                          {"app", line.appId},
                          {"task", line.taskId},
                          {"image", line.imageId},
                          {"stream", line.descriptor},
                          {"text", line.text}}
                        .dump(-1, ' ', false, Json::error_handler_t::replace)
                        .c_str());
        return;
    }
    const auto& source = line.taskId.empty() ? line.imageId : line.taskId;
    std::printf("%s %s %s\n", spellTime(line.time).c_str(), source.substr(0, 11).c_str(),
                line.text.c_str());
}

} // namespace

int logs(const Context& context, const LogOptions& options)
{
    const auto reached = reach(context);
    if (!reached)
        return report(reached.error());
    model::LogQuery query {.subject = options.subject, .follow = options.follow};
    if (!options.since.empty()) {
        const auto span = parseSpan(options.since);
        if (!span)
            return report(span.error());
        query.since = SystemClock().now() - *span;
    }
    std::regex pattern;
    try {
        pattern = std::regex(options.pattern);
    } catch (const std::regex_error& error) {
        return report(Error(ErrorCode::Invalid, std::string("--grep: ") + error.what()));
    }
    const rpc::StudioClient studio(reached->studio);
    const auto ended = studio.streamLogs(query,
                                         [&](const std::vector<model::LogLine>& lines) {
                                             for (const auto& line : lines)
                                                 if (options.pattern.empty()
                                                     || std::regex_search(line.text, pattern))
                                                     printLine(context, line);
                                             std::fflush(stdout);
                                         },
                                         {});
    return ended ? Done : report(ended.error());
}

} // namespace app::command
