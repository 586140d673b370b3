// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/base/Result.h"
#include "emulator/model/Studio.h"
#include "remote/tunnel/Targets.h"

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
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

    /// Reads targets.json again; soon after, new links are made and those of removed or changed
    /// targets end. Invalid when the file is damaged; the links stay as they are then.
    [[nodiscard]] emulator::Result<> reload();

    /// Tries a target at once. NotFound when there is no such target.
    [[nodiscard]] emulator::Result<> reconnect(std::string_view name);

    TargetHub(const TargetHub&) = delete;
    TargetHub& operator=(const TargetHub&) = delete;

private:
    struct Entry;

    void run(const std::stop_token& stop);
    void apply(const std::vector<Target>& targets);

    const Options m_options;
    mutable std::mutex m_mutex;
    std::condition_variable_any m_wanting;
    std::vector<Target> m_targets; ///< as read; under the mutex
    bool m_fresh = false; ///< they are not applied yet
    std::map<std::string, std::unique_ptr<Entry>, std::less<>> m_entries; ///< under the mutex
    std::jthread m_thread; ///< makes and ends links, which takes its time
};

} // namespace remote::tunnel
