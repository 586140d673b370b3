// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace emulator::control {

/// Polls that wait for something to happen: each stands under a topic (the id of a call, a
/// function, a task…), is tried again when the topic is signalled, and for the last time at its
/// deadline. Many signals within one batch lead to one attempt. Belongs to the strand's thread.
class Parking {
public:
    enum class Chance { Signal, Last };
    /// Answers its poll if it can; true when the poll is done. Must be done on the last chance.
    using Attempt = std::function<bool(Chance)>;
    using Token = std::uint64_t;

    /// Tries once at once, and keeps the poll if it is not done. 0 when it was done.
    Token park(std::string topic, Micros deadline, Attempt attempt);
    /// Forgets a poll whose caller has gone.
    void forget(Token token);

    void signal(const std::string& topic);

    /// Runs the attempts that are due; they may signal again.
    void settle(Micros now);

    /// The earliest deadline; the maximum when nothing is parked.
    [[nodiscard]] Micros nextDeadline() const;
    [[nodiscard]] std::size_t size() const { return m_polls.size(); }
    [[nodiscard]] bool waitsFor(const std::string& topic) const;

private:
    struct Poll {
        std::string topic;
        Micros deadline = 0;
        Attempt attempt;
    };

    void tryTopic(const std::string& topic);

    Token m_last = 0;
    std::unordered_map<Token, Poll> m_polls;
    std::unordered_map<std::string, std::set<Token>> m_topics;
    std::set<std::pair<Micros, Token>> m_deadlines;
    std::set<std::string> m_signalled;
};

} // namespace emulator::control
