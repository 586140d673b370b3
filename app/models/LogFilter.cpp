// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/LogFilter.h"

#include "app/models/AnsiText.h"

#include <QRegularExpression>

#include <cctype>
#include <cstring>

namespace app::models {

namespace {

QRegularExpression expressionOf(const LogFilter::Pattern& pattern)
{
    return QRegularExpression(pattern.regularExpression ? pattern.text
                                                        : QRegularExpression::escape(pattern.text),
                              pattern.caseSensitive ? QRegularExpression::NoPatternOption
                                                    : QRegularExpression::CaseInsensitiveOption);
}

char lower(char c)
{
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

/// Decides line by line. Plain ASCII text is searched in the octets as they are; all else goes
/// through QString.
class Matcher {
public:
    explicit Matcher(const LogFilter::Pattern& pattern)
        : m_source(pattern.source.toStdString())
        , m_descriptor(pattern.descriptor)
        , m_caseSensitive(pattern.caseSensitive)
        , m_expression(expressionOf(pattern))
        , m_text(pattern.text.toStdString())
    {
        m_plain = !pattern.regularExpression;
        for (auto& c : m_text) {
            if (static_cast<unsigned char>(c) > 127 && !m_caseSensitive)
                m_plain = false;
            if (!m_caseSensitive)
                c = lower(c);
        }
    }

    bool operator()(const LogInput& line) const
    {
        if (m_descriptor != 0 && line.descriptor != m_descriptor)
            return false;
        if (!m_source.empty()
            && (line.source.substr(0, m_source.size()) != m_source
                || (line.source.size() > m_source.size()
                    && line.source.substr(m_source.size(), separator.size()) != separator)))
            return false;
        return m_text.empty() || matchesText(line.text);
    }

private:
    static constexpr std::string_view separator = "·";

    bool matchesText(std::string_view line) const
    {
        const bool escapes = std::memchr(line.data(), '\x1b', line.size()) != nullptr;
        if (m_plain && !escapes)
            return m_caseSensitive ? line.find(m_text) != std::string_view::npos
                                   : containsFolded(line);
        return m_expression.match(readAnsi(line).text).hasMatch();
    }

    bool containsFolded(std::string_view line) const
    {
        if (m_text.empty() || line.size() < m_text.size())
            return m_text.empty();
        const auto last = line.size() - m_text.size();
        const char first = m_text[0];
        const char capital = static_cast<char>(std::toupper(static_cast<unsigned char>(first)));
        for (std::size_t at = 0; at <= last; ++at) {
            if (line[at] != first && line[at] != capital)
                continue;
            std::size_t i = 1;
            while (i < m_text.size() && lower(line[at + i]) == m_text[i])
                ++i;
            if (i == m_text.size())
                return true;
        }
        return false;
    }

    std::string m_source;
    std::int32_t m_descriptor;
    bool m_caseSensitive;
    bool m_plain = true;
    QRegularExpression m_expression;
    std::string m_text;
};

} // namespace

LogFilter::LogFilter(std::shared_ptr<const LogStore> store, QObject* parent)
    : QObject(parent)
    , m_store(std::move(store))
{
}

LogFilter::~LogFilter()
{
    m_thread.request_stop();
    if (m_thread.joinable())
        m_thread.join();
}

QString LogFilter::setPattern(const Pattern& pattern)
{
    if (pattern.regularExpression) {
        const auto expression = expressionOf(pattern);
        if (!expression.isValid())
            return expression.errorString();
    }
    if (pattern == m_pattern)
        return {};
    m_pattern = pattern;
    m_matches.clear();
    ++m_generation;
    Q_EMIT started();
    {
        const std::scoped_lock lock(m_mutex);
        m_wanted = pattern;
        m_wantedGeneration = m_generation;
    }
    m_wake.notify_one();
    if (!m_thread.joinable())
        m_thread = std::jthread([this](const std::stop_token& stop) { work(stop); });
    return {};
}

void LogFilter::update()
{
    if (!active())
        return;
    {
        const std::scoped_lock lock(m_mutex);
        m_updateAsked = true;
    }
    m_wake.notify_one();
}

void LogFilter::work(const std::stop_token& stop)
{
    std::uint64_t generation = 0;
    std::uint64_t next = 0;
    std::unique_ptr<Matcher> matcher;
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, stop,
                        [&] { return m_updateAsked || m_wantedGeneration != generation; });
            if (stop.stop_requested())
                return;
            m_updateAsked = false;
            if (m_wantedGeneration != generation) {
                generation = m_wantedGeneration;
                next = 0;
                matcher.reset();
                if (!isEmpty(m_wanted))
                    matcher = std::make_unique<Matcher>(m_wanted);
            }
        }
        bool superseded = !matcher;
        while (!superseded && !stop.stop_requested()) {
            std::vector<std::uint64_t> hits;
            const auto before = next;
            const auto until = std::max(next, m_store->firstLine()) + 64 * LogStore::chunkLines;
            while (next < until) {
                const auto reached
                    = m_store->visitChunk(next, [&](std::uint64_t number, const LogInput& line) {
                          if ((*matcher)(line))
                              hits.push_back(number);
                      });
                if (reached == next)
                    break;
                next = reached;
            }
            const bool done = next < until;
            if (!hits.empty() || done)
                QMetaObject::invokeMethod(
                    this,
                    [this, generation, done, hits = std::move(hits)] {
                        if (generation != m_generation)
                            return;
                        if (!hits.empty()) {
                            m_matches.insert(m_matches.end(), hits.begin(), hits.end());
                            Q_EMIT found();
                        }
                        if (done)
                            Q_EMIT finished();
                    },
                    Qt::QueuedConnection);
            const std::scoped_lock lock(m_mutex);
            superseded = m_wantedGeneration != generation || done || next == before;
        }
    }
}

std::vector<std::pair<int, int>> LogFilter::positions(const QString& line) const
{
    std::vector<std::pair<int, int>> found;
    if (m_pattern.text.isEmpty())
        return found;
    auto matches = expressionOf(m_pattern).globalMatch(line);
    while (matches.hasNext() && found.size() < 200) {
        const auto match = matches.next();
        if (match.capturedLength() > 0)
            found.emplace_back(static_cast<int>(match.capturedStart()),
                               static_cast<int>(match.capturedLength()));
    }
    return found;
}

} // namespace app::models
