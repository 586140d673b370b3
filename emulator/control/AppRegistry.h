// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Context.h"
#include "emulator/store/Records.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::control {

/// What a publish makes visible.
struct Publication {
    store::AppState state = store::AppState::Deployed;
    std::string name; ///< of a deployment
    std::string tag;
    std::string clientVersion;
    std::map<std::string, std::string> functions; ///< tag → id
    std::map<std::string, std::string> classes; ///< tag → id
    std::map<std::string, std::string> tags;
    std::string commit = "{}"; ///< JSON, see store::DeploymentRecord
    std::string strategy = "rolling";
    std::int32_t rolledBackTo = 0;
};

/// Apps, their names and their published layouts. Belongs to the strand's thread.
class AppRegistry {
public:
    explicit AppRegistry(Context& context)
        : m_context(context)
        , m_apps(context.database)
        , m_deployments(context.database)
    {
    }

    void load();

    const store::AppRecord& create(store::AppRecord app);
    /// NotFound in words for the user.
    [[nodiscard]] Result<const store::AppRecord*> find(std::string_view id) const;
    /// The live app that is deployed under a name; null when there is none.
    [[nodiscard]] const store::AppRecord* findDeployed(std::string_view name,
                                                       std::string_view environment) const;
    [[nodiscard]] const std::map<std::string, store::AppRecord>& all() const { return m_records; }
    /// The app that was stopped last of those that had a name; null when there is none.
    [[nodiscard]] const store::AppRecord* findStopped(std::string_view name,
                                                      std::string_view environment) const;
    /// By id, or by the name that it is deployed under; NotFound in words for the user.
    [[nodiscard]] Result<const store::AppRecord*> findDeployment(std::string_view idOrName) const;

    /// Versions of an app, or of all, newest first.
    [[nodiscard]] std::vector<store::DeploymentRecord> history(std::string_view appId) const;
    [[nodiscard]] Result<store::DeploymentRecord> deployment(std::string_view appId,
                                                             std::int32_t version) const;
    /// Whether a function is part of what the app has published last.
    [[nodiscard]] bool publishes(const std::string& appId, const std::string& functionId) const;

    /// The atomic switch: layout, name and state change together.
    [[nodiscard]] Result<> publish(std::string_view id, const Publication& publication);
    void setState(std::string_view id, store::AppState state, std::string reason = {});
    void setBudget(std::string_view id, std::int64_t micros);
    void setHeldBack(std::string_view id, std::string reason);
    /// Forgets an app that never was published.
    void remove(std::string_view id);
    void setTags(std::string_view id, const std::map<std::string, std::string>& tags);

    void beat(std::string_view id);
    /// When its client was last heard; the start of this process when never since then.
    [[nodiscard]] Micros lastBeat(std::string_view id) const;

private:
    store::AppRecord* get(std::string_view id);
    void save(const store::AppRecord& app);
    void noteLayout(const store::AppRecord& app);

    Context& m_context;
    store::Table<store::AppRecord> m_apps;
    store::Table<store::DeploymentRecord> m_deployments;
    std::map<std::string, store::AppRecord> m_records;
    std::vector<store::DeploymentRecord> m_history;
    std::map<std::string, std::set<std::string>> m_layouts; ///< app → functions published last
    std::map<std::string, Micros, std::less<>> m_beats;
    Micros m_loadedAt = 0;
};

/// Whether an app's functions may run.
[[nodiscard]] bool isLive(const store::AppRecord& app);

/// A text → text map out of a record's JSON column, and back.
[[nodiscard]] std::map<std::string, std::string> mapFromJson(std::string_view json);
[[nodiscard]] std::string mapToJson(const std::map<std::string, std::string>& map);

} // namespace emulator::control
