// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Context.h"
#include "emulator/model/Studio.h"
#include "emulator/model/Task.h"
#include "emulator/store/Journal.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace emulator::control {

/// Every log line, in one sequence over the whole control plane: stored first, then told to those
/// who follow. A reader keeps its last sequence number and resumes from there. Belongs to the
/// strand's thread.
class LogHub {
public:
    explicit LogHub(Context& context)
        : m_context(context)
        , m_journal(context.database)
    {
    }

    void load();

    /// Where a piece of output comes from.
    struct Source {
        std::string appId;
        std::string functionId;
        std::string taskId;
        std::string imageId;
    };

    /// Cuts a piece into lines; what has no line feed yet waits for the next piece of the same
    /// task (or build) and descriptor.
    void append(const Source& source, std::int32_t descriptor, Micros time, std::string_view text);
    /// Makes lines of what still waits for its line feed.
    void flush(const Source& source);
    /// A whole line of Slipway's own.
    void say(const Source& source, std::string_view sentence);

    [[nodiscard]] std::vector<model::LogLine> read(const model::LogQuery& query,
                                                   std::uint32_t limit);
    [[nodiscard]] std::uint64_t last() const { return m_last; }
    void prune(Micros before);

    /// The topic that is signalled with new lines of a subject; "logs " alone is all of them.
    [[nodiscard]] static std::string topic(std::string_view subject)
    {
        return "logs " + std::string(subject);
    }

private:
    void store(const Source& source, std::int32_t descriptor, Micros time, std::string text);

    Context& m_context;
    store::Journal m_journal;
    std::uint64_t m_last = 0;
    std::map<std::pair<std::string, std::int32_t>, store::Journal::Partial> m_partials;
};

} // namespace emulator::control
