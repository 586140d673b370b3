// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/LogLines.h"

#include <charconv>

namespace emulator::api {
namespace {

using control::LogHub;
using control::Parking;
using store::AppState;

/// A client's log stream: stored lines from its cursor on, then what comes; at the end of an app
/// all of its lines first, then the word that it is done.
class LogStream : public std::enable_shared_from_this<LogStream> {
public:
    LogStream(std::shared_ptr<Exchange> exchange, const wire::AppGetLogsRequest& request)
        : m_exchange(std::move(exchange))
        , m_appId(request.app_id())
        , m_subject(!request.task_id().empty()           ? request.task_id()
                        : !request.function_id().empty() ? request.function_id()
                                                         : request.app_id())
    {
        const auto& entry = request.last_entry_id();
        std::from_chars(entry.data(), entry.data() + entry.size(), m_last);
    }

    [[nodiscard]] bool hasSubject() const { return !m_subject.empty(); }

    void park(double seconds)
    {
        m_exchange->park(
            LogHub::topic(m_subject), seconds,
            [self = shared_from_this()](Parking::Chance chance) { return self->attempt(chance); });
    }

private:
    static constexpr std::uint32_t batchLines = 1000;

    bool attempt(Parking::Chance chance)
    {
        while (sendBatch() == batchLines) { }
        if (ended()) {
            wire::TaskLogsBatch last;
            last.set_app_done(true);
            m_exchange->write(last);
        } else if (chance != Parking::Chance::Last) {
            return false;
        }
        m_exchange->finish();
        return true;
    }

    bool ended() const
    {
        if (m_subject != m_appId)
            return false;
        const auto app = m_exchange->state().apps.find(m_appId);
        return app && (*app)->state == AppState::Stopped;
    }

    /// One message for each run of lines of one task.
    std::size_t sendBatch()
    {
        model::LogQuery query;
        query.subject = m_subject;
        query.afterSequence = m_last;
        const auto lines = m_exchange->state().logs.read(query, batchLines);
        wire::TaskLogsBatch batch;
        for (const auto& line : lines) {
            if (batch.items_size() > 0 && batch.task_id() != line.taskId) {
                m_exchange->write(batch);
                batch.Clear();
            }
            addLine(batch, line);
            m_last = line.sequence;
        }
        if (batch.items_size() > 0)
            m_exchange->write(batch);
        return lines.size();
    }

    std::shared_ptr<Exchange> m_exchange;
    std::string m_appId;
    std::string m_subject;
    std::uint64_t m_last = 0;
};

} // namespace

void addLogs(Desk& desk)
{
    desk.methods.parked<wire::AppGetLogsRequest>(
        "AppGetLogs", [](const std::shared_ptr<Exchange>& exchange, const auto& request) {
            const auto stream = std::make_shared<LogStream>(exchange, request);
            const auto app = exchange->state().apps.find(request.app_id());
            if (!stream->hasSubject() || (!app && request.task_id().empty())) {
                exchange->fail(
                    Error(ErrorCode::NotFound, "there is no app '" + request.app_id() + "'"));
                return;
            }
            stream->park(request.timeout() > 0 ? request.timeout() : 55);
        });
}

} // namespace emulator::api
