// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/RecordModels.h"
#include "emulator/base/Result.h"

#include <QByteArray>
#include <QJsonObject>
#include <QString>
#include <QStringList>
#include <QVector>

#include <cstdint>
#include <optional>

namespace app::models {

/// One function of a plan and what deploying does to it.
struct PlanFunction {
    QString name;
    QString gpu; ///< "H100:2", empty without
    QString change; ///< "new", "changed", "unchanged", "removed"
    QStringList what; ///< "image", "gpu", "code", "settings"
    QString imageId;
    QString manifest; ///< "sha256:…"
    int minContainers = 0;
    std::int64_t microsPerHour = 0; ///< micro-dollars, for one replica
};

/// One image of a plan and how much of it the target lacks.
struct PlanImage {
    QString imageId;
    QString manifest;
    std::int64_t bytes = 0;
    std::int64_t missingBytes = 0;
    int layers = 0;
    int missingLayers = 0;
    std::optional<bool> sameAsLastRun; ///< none: nothing has run here yet
};

struct PlanGpu {
    QString type;
    int wanted = 0;
    std::optional<int> available; ///< none: the engine does not say
    bool ok = false;
    QString text;
};

/// A thing in the way, in the order in which a person asks.
struct PlanTrouble {
    QString what;
    QString why;
    QString fix;
};

struct PlanGit {
    QString commit;
    QString branch;
    bool dirty = false;
    QStringList changedFiles;
    int changed = 0; ///< how many
};

/// What `slip deploy --plan` says that a deployment would do. A value.
struct DeployPlan {
    QString app;
    QString file;
    QString target;
    QString engine;
    QString targetState;
    int liveVersion = 0; ///< 0: none is live
    int nextVersion = 1;
    QVector<PlanFunction> functions;
    QVector<PlanImage> images;
    std::int64_t bytesToPush = 0;
    std::int64_t bytesTotal = 0;
    QVector<PlanGpu> gpus;
    std::int64_t microsPerHour = 0; ///< one replica of each function
    std::int64_t idleMicrosPerHour = 0; ///< what min_containers keeps warm
    std::optional<PlanGit> git;
    std::optional<bool> sameImageAsLastGreenRun;
    QStringList warnings;
    QVector<PlanTrouble> blockers;

    /// Invalid when it is no plan.
    [[nodiscard]] static emulator::Result<DeployPlan> fromJson(const QJsonObject& json);
};

/// "sha256:3f2c1a9b…": enough to compare by eye.
[[nodiscard]] QString shortDigest(const QString& digest);
/// "$0.41/h".
[[nodiscard]] QString hourlyText(std::int64_t microsPerHour);
/// "1 new, 2 changed, 1 unchanged".
[[nodiscard]] QString changesText(const DeployPlan& plan);
/// What the price of a plan rests on, a sentence.
[[nodiscard]] QString priceBasis(const DeployPlan& plan);

/// The functions of a plan as a table: the difference to the live version.
class PlanFunctionsModel : public RecordModel {
    Q_OBJECT

public:
    explicit PlanFunctionsModel(QObject* parent = nullptr);
    void set(const DeployPlan& plan);
};

} // namespace app::models
