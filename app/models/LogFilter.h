// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/LogStore.h"

#include <QObject>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

namespace app::models {

/// Finds the lines of a LogStore that match, on a thread of its own: first those that are
/// there, then those that come. The results arrive on the thread of this object.
class LogFilter : public QObject {
    Q_OBJECT

public:
    struct Pattern {
        QString text;
        bool regularExpression = false;
        bool caseSensitive = false;
        QString source; ///< only lines of it or below it: "train" takes "train·a1b2c3" too
        std::int32_t descriptor = 0; ///< only lines of this stream; 0: of all
        bool operator==(const Pattern&) const = default;
    };

    explicit LogFilter(std::shared_ptr<const LogStore> store, QObject* parent = nullptr);
    ~LogFilter() override;

    /// Starts over; an empty pattern ends the search. Gives the error of a regular expression.
    QString setPattern(const Pattern& pattern);
    [[nodiscard]] const Pattern& pattern() const { return m_pattern; }
    [[nodiscard]] bool active() const { return !isEmpty(m_pattern); }

    /// The numbers of the lines that match, ascending.
    [[nodiscard]] const std::vector<std::uint64_t>& matches() const { return m_matches; }

    /// More lines came: goes on from where it ended.
    void update();

    /// Whether one text matches the pattern; for painting what is on the screen.
    [[nodiscard]] std::vector<std::pair<int, int>> positions(const QString& line) const;

Q_SIGNALS:
    void started(); ///< the old matches are gone
    void found(); ///< matches() has grown
    void finished(); ///< all lines so far are searched

private:
    [[nodiscard]] static bool isEmpty(const Pattern& pattern)
    {
        return pattern.text.isEmpty() && pattern.source.isEmpty() && pattern.descriptor == 0;
    }
    void work(const std::stop_token& stop);

    std::shared_ptr<const LogStore> m_store;
    Pattern m_pattern;
    std::vector<std::uint64_t> m_matches;
    std::uint64_t m_generation = 0; ///< GUI thread: results of older ones are dropped

    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    Pattern m_wanted; ///< guarded by m_mutex, like the next two
    std::uint64_t m_wantedGeneration = 0;
    bool m_updateAsked = false;
    std::jthread m_thread; ///< started by the first pattern
};

} // namespace app::models
