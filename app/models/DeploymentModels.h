// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/RecordModels.h"
#include "emulator/model/Engine.h"

#include <QString>

namespace app::models {

/// "whisper 14": a version's key in its table.
[[nodiscard]] QString versionKey(const emulator::model::DeploymentSummary& deployment);
/// "live", "rolled back", "stopped": with its mark, for people.
[[nodiscard]] QString versionStateText(const emulator::model::DeploymentSummary& deployment);
/// "5 min ago", "3 h ago", "2 days ago".
[[nodiscard]] QString agoText(emulator::Micros time, emulator::Micros now);
/// The version that a roll back of `app` goes to: the newest superseded one; 0: none.
[[nodiscard]] std::uint32_t
previousVersion(const std::vector<emulator::model::DeploymentSummary>& deployments,
                const std::string& appName);
/// The live version of an app; null when none is.
[[nodiscard]] const emulator::model::DeploymentSummary*
liveVersion(const std::vector<emulator::model::DeploymentSummary>& deployments,
            const std::string& appName);

/// The versions of deployed apps, newest first.
class DeploymentsModel : public RecordModel {
    Q_OBJECT

public:
    explicit DeploymentsModel(QObject* parent = nullptr);
    void set(const std::vector<emulator::model::DeploymentSummary>& deployments);
};

/// One difference between two versions.
struct VersionChange {
    QString subject; ///< "train"
    QString what; ///< "image"
    QString before;
    QString after;
    bool operator==(const VersionChange&) const = default;
};

/// Pure: what changed from one version to another. Functions first, then the version itself.
[[nodiscard]] std::vector<VersionChange>
compareVersions(const emulator::model::DeploymentSummary& before,
                const emulator::model::DeploymentSummary& after);

class VersionChangesModel : public RecordModel {
    Q_OBJECT

public:
    explicit VersionChangesModel(QObject* parent = nullptr);
    void set(const std::vector<VersionChange>& changes);
};

/// The tasks of deployments with their place and how long each phase took.
class ReplicasModel : public RecordModel {
    Q_OBJECT

public:
    explicit ReplicasModel(QObject* parent = nullptr);
    void set(const std::vector<emulator::model::TaskSummary>& tasks, emulator::Micros now);
};

/// The places that apps run at.
class TargetsModel : public RecordModel {
    Q_OBJECT

public:
    explicit TargetsModel(QObject* parent = nullptr);
    void set(const std::vector<emulator::model::TargetSummary>& targets, emulator::Micros now);
};

/// The nodes of an engine.
class NodesModel : public RecordModel {
    Q_OBJECT

public:
    explicit NodesModel(QObject* parent = nullptr);
    void set(const std::vector<emulator::model::NodeSummary>& nodes);
};

} // namespace app::models
