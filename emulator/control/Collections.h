// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Bytes.h"
#include "emulator/control/Context.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace emulator::control {

enum class CollectionKind { Dict, Queue };

/// A Dict or Queue object; an unnamed one lives as long as its heartbeats.
struct Collection {
    std::string id;
    CollectionKind kind = CollectionKind::Dict;
    std::string name;
    std::string environment;
    Micros createdAt = 0;
};

struct QueueItem {
    std::int64_t position = 0;
    Bytes value;
};

/// Dicts and queues. Keys and values are opaque bytes; equal keys are equal bytes. Belongs to the
/// strand's thread.
class Collections {
public:
    explicit Collections(Context& context)
        : m_context(context)
    {
    }

    void load();

    const Collection& create(CollectionKind kind, std::string_view name,
                             std::string_view environment);
    [[nodiscard]] Result<const Collection*> find(CollectionKind kind, std::string_view id) const;
    [[nodiscard]] const Collection* findNamed(CollectionKind kind, std::string_view name,
                                              std::string_view environment) const;
    [[nodiscard]] std::vector<const Collection*> named(CollectionKind kind,
                                                       std::string_view environment) const;
    void remove(const std::string& id);
    void beat(const std::string& id) { m_beats[id] = m_context.now(); }
    /// Removes unnamed ones that nobody has asked for since `before`.
    void prune(Micros before);

    [[nodiscard]] std::optional<Bytes> get(std::string_view dictId, std::string_view key);
    /// False when the key was there and `ifAbsent`.
    enum class Overwrite { Always, IfAbsent };
    bool set(std::string_view dictId, std::string_view key, std::string_view value,
             Overwrite overwrite);
    [[nodiscard]] std::optional<Bytes> pop(std::string_view dictId, std::string_view key);
    [[nodiscard]] std::vector<std::pair<Bytes, Bytes>> entries(std::string_view dictId);
    [[nodiscard]] std::int64_t size(std::string_view dictId);
    void clear(std::string_view dictId);

    /// Exhausted when the partition would hold more than queueLimit values.
    [[nodiscard]] Result<> push(const std::string& queueId, std::string_view part,
                                const std::vector<Bytes>& values, Micros expiresAt);
    [[nodiscard]] std::vector<QueueItem> peek(std::string_view queueId, std::string_view part,
                                              std::int64_t afterPosition, std::uint32_t limit);
    [[nodiscard]] std::vector<Bytes> take(std::string_view queueId, std::string_view part,
                                          std::uint32_t limit);
    [[nodiscard]] std::int64_t length(std::string_view queueId, std::string_view part);
    [[nodiscard]] std::int64_t totalLength(std::string_view queueId);
    void clearPart(std::string_view queueId, std::string_view part);
    void clearQueue(std::string_view queueId);

    static constexpr std::int64_t queueLimit = 5000;

private:
    [[nodiscard]] std::int64_t count(std::string_view sql, std::string_view id,
                                     std::optional<std::string_view> part);
    void run(std::string_view sql, std::string_view id,
             std::optional<std::string_view> part = std::nullopt);

    Context& m_context;
    std::map<std::string, Collection> m_records;
    std::map<std::string, Micros> m_beats;
};

} // namespace emulator::control
