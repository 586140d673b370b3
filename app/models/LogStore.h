// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace app::models {

/// A line to be stored; the text stays the caller's.
struct LogInput {
    std::int64_t time = 0; ///< micros since the epoch
    std::string_view source; ///< the task, or whatever stands in its column
    std::int32_t descriptor = 1; ///< 1 stdout, 2 stderr, 3 Slipway
    std::string_view text;
};

/// A stored line, copied out.
struct LogRecord {
    std::int64_t time = 0;
    std::string source;
    std::int32_t descriptor = 1;
    std::string text;
};

/// Log lines in an arena: chunks of 4096 lines whose text lies end to end, 24 octets of index a
/// line. Lines are numbered from 0 and keep their number; the oldest chunks go when there are
/// more than `cap` lines. Thread-safe.
class LogStore {
public:
    static constexpr std::size_t chunkLines = 4096;

    explicit LogStore(std::size_t cap = 1'000'000)
        : m_cap(cap)
    {
    }

    void append(const std::vector<LogInput>& lines);
    void clear();

    [[nodiscard]] std::uint64_t firstLine() const;
    [[nodiscard]] std::uint64_t endLine() const; ///< one past the last
    [[nodiscard]] LogRecord line(std::uint64_t number) const; ///< empty when it is gone

    /// Calls `visit(number, line)` for lines from `from` on, at most to the end of its chunk,
    /// under a shared lock; gives the number to go on with.
    std::uint64_t
    visitChunk(std::uint64_t from,
               const std::function<void(std::uint64_t, const LogInput&)>& visit) const;

    /// Octets of text and index held.
    [[nodiscard]] std::size_t memory() const;

private:
    struct Entry {
        std::int64_t time;
        std::uint32_t offset;
        std::uint32_t length;
        std::uint32_t source;
        std::int32_t descriptor;
    };
    struct Chunk {
        std::string text;
        std::vector<Entry> entries;
    };

    std::uint32_t sourceIndex(std::string_view source);
    [[nodiscard]] const Chunk* chunkOf(std::uint64_t number) const;

    mutable std::shared_mutex m_mutex;
    std::size_t m_cap;
    std::deque<std::unique_ptr<Chunk>> m_chunks;
    std::uint64_t m_first = 0; ///< a multiple of chunkLines after the first drop
    std::uint64_t m_base = 0; ///< the number of the first line of the first chunk
    std::uint64_t m_end = 0;
    std::vector<std::string> m_sources;
    std::unordered_map<std::string, std::uint32_t> m_sourceIndex;
};

} // namespace app::models
