// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/LogHub.h"

namespace emulator::control {
namespace {

/// A line longer than this is cut: a program that never ends one must not grow us without end.
constexpr std::size_t longestLine = 64U << 10U;

const std::string& subjectOf(const LogHub::Source& source)
{
    return source.taskId.empty() ? source.imageId : source.taskId;
}

} // namespace

void LogHub::load()
{
    m_partials.clear();
    if (const auto last = m_context.strand.keep(m_journal.lastLine()))
        m_last = *last;
    if (auto partials = m_context.strand.keep(m_journal.partials()))
        for (auto& partial : *partials)
            m_partials[{partial.subject, partial.descriptor}] = std::move(partial);
}

void LogHub::append(const Source& source, std::int32_t descriptor, Micros time,
                    std::string_view text)
{
    auto& partial = m_partials[{subjectOf(source), descriptor}];
    const bool wasEmpty = partial.text.empty();
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto piece = text.substr(0, end);
        partial.text += piece;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (end != std::string_view::npos || partial.text.size() >= longestLine)
            store(source, descriptor, time, std::exchange(partial.text, {}));
    }
    if (!partial.text.empty() || !wasEmpty) {
        partial.subject = subjectOf(source);
        partial.descriptor = descriptor;
        partial.time = time;
        m_context.strand.keep(m_journal.setPartial(partial));
    }
}

void LogHub::flush(const Source& source)
{
    for (const std::int32_t descriptor : {1, 2, 3}) {
        const auto found = m_partials.find({subjectOf(source), descriptor});
        if (found == m_partials.end())
            continue;
        auto partial = std::move(found->second);
        m_partials.erase(found);
        if (partial.text.empty())
            continue;
        store(source, descriptor, partial.time, std::exchange(partial.text, {}));
        m_context.strand.keep(m_journal.setPartial(partial));
    }
}

void LogHub::say(const Source& source, std::string_view sentence)
{
    store(source, 3, m_context.now(), std::string(sentence));
}

std::vector<model::LogLine> LogHub::read(const model::LogQuery& query, std::uint32_t limit)
{
    auto lines = m_context.strand.keep(m_journal.lines(query, limit));
    return lines ? std::move(*lines) : std::vector<model::LogLine> {};
}

void LogHub::prune(Micros before)
{
    m_context.strand.keep(m_journal.dropLinesBefore(before));
}

void LogHub::store(const Source& source, std::int32_t descriptor, Micros time, std::string text)
{
    model::LogLine line;
    line.sequence = ++m_last;
    line.time = time;
    line.appId = source.appId;
    line.functionId = source.functionId;
    line.taskId = source.taskId;
    line.imageId = source.imageId;
    line.descriptor = descriptor;
    line.text = std::move(text);
    m_context.strand.keep(m_journal.addLine(line));
    for (const auto& subject : {line.appId, line.functionId, line.taskId, line.imageId})
        if (!subject.empty())
            m_context.parking.signal(topic(subject));
    m_context.parking.signal(topic(""));
}

} // namespace emulator::control
