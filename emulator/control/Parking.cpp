// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/Parking.h"

#include <limits>
#include <utility>

namespace emulator::control {

Parking::Token Parking::park(std::string topic, Micros deadline, Attempt attempt)
{
    if (attempt(Chance::Signal))
        return 0;
    const Token token = ++m_last;
    m_topics[topic].insert(token);
    m_deadlines.emplace(deadline, token);
    m_polls.emplace(token, Poll {std::move(topic), deadline, std::move(attempt)});
    return token;
}

void Parking::forget(Token token)
{
    const auto found = m_polls.find(token);
    if (found == m_polls.end())
        return;
    m_deadlines.erase({found->second.deadline, token});
    const auto topic = m_topics.find(found->second.topic);
    topic->second.erase(token);
    if (topic->second.empty())
        m_topics.erase(topic);
    m_polls.erase(found);
}

void Parking::signal(const std::string& topic)
{
    if (m_topics.contains(topic))
        m_signalled.insert(topic);
}

void Parking::tryTopic(const std::string& topic)
{
    const auto found = m_topics.find(topic);
    if (found == m_topics.end())
        return;
    // Newest first: of several idle containers the one that worked last stays warm, and the
    // others grow old enough to be scaled down.
    const std::vector<Token> tokens(found->second.rbegin(), found->second.rend());
    for (const auto token : tokens) {
        const auto poll = m_polls.find(token);
        if (poll == m_polls.end())
            continue;
        const auto attempt = poll->second.attempt;
        if (attempt(Chance::Signal))
            forget(token);
    }
}

void Parking::settle(Micros now)
{
    while (true) {
        if (!m_signalled.empty()) {
            const auto topics = std::exchange(m_signalled, {});
            for (const auto& topic : topics)
                tryTopic(topic);
        } else if (!m_deadlines.empty() && m_deadlines.begin()->first <= now) {
            const auto token = m_deadlines.begin()->second;
            const auto attempt = m_polls.at(token).attempt;
            forget(token);
            attempt(Chance::Last);
        } else {
            return;
        }
    }
}

Micros Parking::nextDeadline() const
{
    return m_deadlines.empty() ? std::numeric_limits<Micros>::max() : m_deadlines.begin()->first;
}

bool Parking::waitsFor(const std::string& topic) const
{
    return m_topics.contains(topic);
}

} // namespace emulator::control
