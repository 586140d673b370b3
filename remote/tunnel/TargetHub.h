// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/base/Result.h"
#include "emulator/model/Studio.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace remote::tunnel {

/// The links to all targets of a home, as HOME/targets.json names them. Thread-safe.
///
/// The port of a target is a local::Door: it outlives a crash of the daemon, as the daemon's own
/// port does.
class TargetHub {
public:
    struct Options {
        std::filesystem::path home;
        const emulator::Clock& clock;
        std::function<void()> onChange; ///< a target's state has changed; on any thread
    };

    explicit TargetHub(Options options);
    ~TargetHub();

    /// By name. A target whose link could not be made is offline and says why.
    [[nodiscard]] std::vector<emulator::model::TargetSummary> summaries() const;

    /// Reads targets.json again: new links are made, those of removed or changed targets end.
    /// Invalid when the file is damaged; the links stay as they are then.
    [[nodiscard]] emulator::Result<> reload();

    /// Tries a target at once. NotFound when there is no such target.
    [[nodiscard]] emulator::Result<> reconnect(std::string_view name);

    TargetHub(const TargetHub&) = delete;
    TargetHub& operator=(const TargetHub&) = delete;

private:
    struct Entry;

    const Options m_options;
    mutable std::mutex m_mutex;
    std::map<std::string, std::unique_ptr<Entry>, std::less<>> m_entries; ///< under the mutex
};

} // namespace remote::tunnel
