// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Exchange.h"

#include <algorithm>

namespace emulator::api {

void Exchange::reply(const google::protobuf::Message& message)
{
    replyBytes(message.SerializeAsString());
}

void Exchange::replyBytes(std::string bytes)
{
    if (m_key)
        m_plane.strand().keep(m_plane.replies().put(*m_key, bytes, m_plane.clock().now()));
    m_plane.strand().afterCommit(
        [self = shared_from_this(), bytes = std::move(bytes)]() mutable {
            if (self->m_finished)
                self->m_finished(&bytes, nullptr);
            self->m_call->reply(std::move(bytes));
        },
        [self = shared_from_this()](const Error& error) { self->failNow(error); });
}

void Exchange::fail(Error error)
{
    m_plane.strand().afterCommit(
        [self = shared_from_this(), error] { self->failNow(error); },
        [self = shared_from_this()](const Error& lost) { self->failNow(lost); });
}

void Exchange::failNow(const Error& error)
{
    if (m_errors != nullptr)
        ++*m_errors;
    if (m_finished)
        m_finished(nullptr, &error);
    m_call->fail(error);
}

void Exchange::write(const google::protobuf::Message& message)
{
    m_plane.strand().afterCommit([call = m_call, bytes = message.SerializeAsString()]() mutable {
        call->write(std::move(bytes));
    });
}

void Exchange::finish()
{
    m_plane.strand().afterCommit(
        [self = shared_from_this()] { self->m_call->finish(); },
        [self = shared_from_this()](const Error& error) { self->failNow(error); });
}

void Exchange::park(const std::string& topic, double seconds, control::Parking::Attempt attempt)
{
    auto hold = static_cast<Micros>(std::max(seconds, 0.0) * 1e6);
    if (const auto remaining = m_call->remainingMicros(); remaining >= 0)
        hold = std::min<Micros>(hold, std::max<Micros>(remaining - 500'000, 0));
    auto& parking = m_plane.parking();
    const auto token = parking.park(
        topic, m_plane.clock().now() + hold,
        [self = shared_from_this(), attempt = std::move(attempt)](control::Parking::Chance chance) {
            return self->gone() || attempt(chance);
        });
    if (token == 0)
        return;
    m_tokens.push_back(token);
    if (m_tokens.size() > 1)
        return;
    m_call->onCancel([self = shared_from_this()] {
        self->m_plane.strand().post([self] {
            for (const auto each : self->m_tokens)
                self->m_plane.parking().forget(each);
        });
    });
}

} // namespace emulator::api
