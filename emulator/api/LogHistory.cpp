// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/LogLines.h"

#include <deque>
#include <map>

/// Stored log lines by time: what `modal app logs` asks for.
namespace emulator::api {
namespace {

constexpr std::uint32_t batchLines = 1000;
constexpr std::uint32_t mostLines = 20'000; ///< of one answer, as the client expects

Micros toMicros(const google::protobuf::Timestamp& time)
{
    return time.seconds() * 1'000'000 + time.nanos() / 1000;
}

/// What a request asks for, beyond the app.
struct LogFilter {
    std::string appId;
    Micros since = 0;
    Micros until = 0;
    wire::FileDescriptor source = wire::FILE_DESCRIPTOR_UNSPECIFIED;
    std::string functionId;
    std::string taskId;
    std::string text;

    [[nodiscard]] bool matches(const model::LogLine& line) const
    {
        return line.time < until && (functionId.empty() || functionId == line.functionId)
            && (taskId.empty() || taskId == line.taskId)
            && (source == wire::FILE_DESCRIPTOR_UNSPECIFIED || source == descriptorOf(line))
            && (text.empty() || line.text.find(text) != std::string::npos);
    }
};

template<typename Request>
Result<LogFilter> filterOf(Exchange& exchange, const Request& request)
{
    TRY_ASSIGN(const auto* app, exchange.state().apps.find(request.app_id()));
    if (!request.function_call_id().empty() || !request.sandbox_id().empty())
        return Error(ErrorCode::Unsupported,
                     "log lines are kept by app, function and container, not by call or sandbox");
    LogFilter filter;
    filter.appId = app->id;
    filter.since = toMicros(request.since());
    filter.until
        = request.has_until() ? toMicros(request.until()) : exchange.plane().clock().now() + 1;
    filter.source = request.source();
    filter.functionId = request.parametrized_function_id().empty()
        ? request.function_id()
        : request.parametrized_function_id();
    filter.taskId = request.task_id();
    filter.text = request.search_text();
    return filter;
}

template<typename Action>
void forEachLine(Exchange& exchange, const LogFilter& filter, Action action)
{
    model::LogQuery query;
    query.subject = filter.taskId.empty() ? filter.appId : filter.taskId;
    query.since = filter.since;
    while (true) {
        const auto lines = exchange.state().logs.read(query, batchLines);
        for (const auto& line : lines)
            if (filter.matches(line))
                action(line);
        if (lines.size() < batchLines)
            return;
        query.afterSequence = lines.back().sequence;
    }
}

Result<wire::AppFetchLogsResponse> fetch(Exchange& exchange,
                                         const wire::AppFetchLogsRequest& request)
{
    TRY_ASSIGN(const auto filter, filterOf(exchange, request));
    const std::size_t limit
        = request.limit() > 0 ? std::min(request.limit(), mostLines) : mostLines;
    std::deque<model::LogLine> latest;
    forEachLine(exchange, filter, [&](const model::LogLine& line) {
        latest.push_back(line);
        if (latest.size() > limit)
            latest.pop_front();
    });
    wire::AppFetchLogsResponse response;
    for (const auto& line : latest) {
        if (response.batches().empty() || response.batches().rbegin()->task_id() != line.taskId)
            response.add_batches();
        addLine(*response.mutable_batches()->rbegin(), line);
    }
    return response;
}

Result<wire::AppCountLogsResponse> count(Exchange& exchange,
                                         const wire::AppCountLogsRequest& request)
{
    TRY_ASSIGN(const auto filter, filterOf(exchange, request));
    const std::int64_t seconds = std::max(1U, request.bucket_secs());
    std::map<std::int64_t, wire::AppCountLogsResponse::LogBucket> buckets; // by start
    forEachLine(exchange, filter, [&](const model::LogLine& line) {
        const auto start = line.time / 1'000'000 / seconds * seconds;
        auto& bucket = buckets[start];
        bucket.mutable_bucket_start_at()->set_seconds(start);
        if (line.descriptor == 1)
            bucket.set_stdout_logs(bucket.stdout_logs() + 1);
        else if (line.descriptor == 2)
            bucket.set_stderr_logs(bucket.stderr_logs() + 1);
        else
            bucket.set_system_logs(bucket.system_logs() + 1);
    });
    wire::AppCountLogsResponse response;
    response.set_app_id(filter.appId);
    for (auto& [start, bucket] : buckets)
        *response.add_buckets() = std::move(bucket);
    return response;
}

} // namespace

wire::FileDescriptor descriptorOf(const model::LogLine& line)
{
    return line.descriptor == 1 ? wire::FILE_DESCRIPTOR_STDOUT
        : line.descriptor == 2  ? wire::FILE_DESCRIPTOR_STDERR
                                : wire::FILE_DESCRIPTOR_INFO;
}

void addLine(wire::TaskLogsBatch& batch, const model::LogLine& line)
{
    batch.set_task_id(line.taskId);
    batch.set_function_id(line.functionId);
    batch.set_entry_id(std::to_string(line.sequence));
    auto& item = *batch.add_items();
    item.set_data(line.text + "\n");
    item.set_timestamp(toSeconds(line.time));
    item.set_timestamp_ns(static_cast<std::uint64_t>(line.time) * 1000);
    item.set_file_descriptor(descriptorOf(line));
}

void addLogHistory(Desk& desk)
{
    desk.methods.unary<wire::AppFetchLogsRequest>("AppFetchLogs", Repeat::Harmless, fetch);
    desk.methods.unary<wire::AppCountLogsRequest>("AppCountLogs", Repeat::Harmless, count);
}

} // namespace emulator::api
