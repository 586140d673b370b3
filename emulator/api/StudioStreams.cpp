// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/rpc/Convert.h"

#include <slipway.pb.h>

#include <limits>

/// Streams of the Studio API: stored things from a sequence number on, then what comes.
namespace emulator::api {
namespace {

namespace own = slipway::v1;

using control::Parking;

/// Long enough to be for ever: the caller ends it.
constexpr double forever = 1e9;
constexpr std::uint32_t batchLines = 1000;
constexpr Micros changeInterval = 100'000;

void streamLogs(const std::shared_ptr<Exchange>& exchange, const own::LogQuery& request)
{
    model::LogQuery query;
    query.subject = request.subject();
    query.afterSequence = request.after_sequence();
    query.since = request.since();
    exchange->park(control::LogHub::topic(query.subject), forever,
                   [exchange, query, follow = request.follow()](Parking::Chance) mutable {
                       while (true) {
                           const auto lines = exchange->state().logs.read(query, batchLines);
                           own::LogBatch batch;
                           for (const auto& line : lines)
                               *batch.add_lines() = rpc::toWire(line);
                           if (!lines.empty()) {
                               query.afterSequence = lines.back().sequence;
                               exchange->write(batch);
                           }
                           if (lines.size() < batchLines)
                               break;
                       }
                       if (!follow)
                           exchange->finish();
                       return !follow;
                   });
}

void streamUsage(const std::shared_ptr<Exchange>& exchange, const own::UsageQuery& request)
{
    exchange->park("usage", forever,
                   [exchange, request, last = request.after_sequence()](Parking::Chance) mutable {
                       while (true) {
                           const auto samples = exchange->state().meter.samples(
                               request.app_id(), request.task_id(), last);
                           if (samples.empty())
                               break;
                           own::UsageBatch batch;
                           for (const auto& sample : samples)
                               *batch.add_samples() = rpc::toWire(sample);
                           last = samples.back().sequence;
                           exchange->write(batch);
                       }
                       if (!request.follow())
                           exchange->finish();
                       return !request.follow();
                   });
}

/// One Change at once, then at most ten a second.
class ChangeStream : public std::enable_shared_from_this<ChangeStream> {
public:
    explicit ChangeStream(std::shared_ptr<Exchange> exchange)
        : m_exchange(std::move(exchange))
    {
    }

    void park()
    {
        m_exchange->park(control::ControlPlane::changesTopic, forever,
                         [self = shared_from_this()](Parking::Chance) {
                             self->changed();
                             return false;
                         });
    }

private:
    void changed()
    {
        const auto now = m_exchange->plane().clock().now();
        if (m_waiting)
            return;
        if (now - m_last >= changeInterval) {
            send(now);
            return;
        }
        m_waiting = true;
        m_exchange->plane().parking().park("change", m_last + changeInterval,
                                           [self = shared_from_this()](Parking::Chance chance) {
                                               if (chance != Parking::Chance::Last)
                                                   return false;
                                               self->m_waiting = false;
                                               self->send(self->m_exchange->plane().clock().now());
                                               return true;
                                           });
    }

    void send(Micros now)
    {
        m_last = now;
        m_exchange->write(own::Change());
    }

    std::shared_ptr<Exchange> m_exchange;
    Micros m_last = 0;
    bool m_waiting = false;
};

} // namespace

void addStudioStreams(Desk& desk)
{
    desk.methods.parked<own::LogQuery>("/slipway.v1.Studio/StreamLogs", streamLogs,
                                       Access::Private);
    desk.methods.parked<own::UsageQuery>("/slipway.v1.Studio/StreamUsage", streamUsage,
                                         Access::Private);
    desk.methods.parked<own::Nothing>(
        "/slipway.v1.Studio/WatchChanges",
        [](const std::shared_ptr<Exchange>& exchange, const own::Nothing&) {
            std::make_shared<ChangeStream>(exchange)->park();
        },
        Access::Private);
}

} // namespace emulator::api
