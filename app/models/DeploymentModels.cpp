// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/DeploymentModels.h"

#include "app/models/DeployPlan.h"

#include <QDateTime>

#include <algorithm>
#include <map>

namespace app::models {

namespace em = emulator::model;

namespace {

QString text(const std::string& value)
{
    return QString::fromStdString(value);
}

QString dash(const std::string& value)
{
    return value.empty() ? QStringLiteral("—") : text(value);
}

QString gitText(const em::DeploymentSummary& deployment)
{
    if (deployment.gitCommit.empty())
        return QStringLiteral("—");
    return text(deployment.gitCommit.substr(0, 7))
        + (deployment.gitDirty ? QStringLiteral(" ✎") : QString());
}

QString imageText(const em::DeployedFunction& function)
{
    return function.manifest.empty() ? text(function.imageId)
                                     : shortDigest(text(function.manifest));
}

QString budgetText(const em::DeploymentSummary& deployment)
{
    return deployment.budgetMicros == 0 ? QStringLiteral("—")
                                        : moneyText(deployment.appCostMicros)
            + QStringLiteral(" of ") + moneyText(deployment.budgetMicros);
}

/// "a100 2/4, h100 0/8"
QString gpusText(const em::NodeSummary& node)
{
    QStringList parts;
    for (const auto& [type, count] : node.gpus) {
        const auto used = node.gpusAllocated.find(type);
        parts << QStringLiteral("%1 %2/%3")
                     .arg(type.empty() ? NodesModel::tr("GPU") : text(type).toUpper())
                     .arg(used == node.gpusAllocated.end() ? 0 : used->second)
                     .arg(count);
    }
    return parts.isEmpty() ? QStringLiteral("—") : parts.join(QStringLiteral(", "));
}

} // namespace

QString versionKey(const em::DeploymentSummary& deployment)
{
    return text(deployment.appName) + u' ' + QString::number(deployment.version);
}

QString versionStateText(const em::DeploymentSummary& deployment)
{
    if (deployment.state == "live")
        return deployment.heldBack.empty() ? DeploymentsModel::tr("● live")
                                           : DeploymentsModel::tr("▲ held back");
    if (deployment.state == "stopped")
        return DeploymentsModel::tr("■ stopped");
    return DeploymentsModel::tr("○ superseded");
}

QString agoText(emulator::Micros time, emulator::Micros now)
{
    const auto seconds = std::max<std::int64_t>(0, (now - time) / 1'000'000);
    if (seconds < 60)
        return DeploymentsModel::tr("%1 s ago").arg(seconds);
    if (seconds < 3600)
        return DeploymentsModel::tr("%1 min ago").arg(seconds / 60);
    if (seconds < 48 * 3600)
        return DeploymentsModel::tr("%1 h ago").arg(seconds / 3600);
    return DeploymentsModel::tr("%1 days ago").arg(seconds / 86'400);
}

std::uint32_t previousVersion(const std::vector<em::DeploymentSummary>& deployments,
                              const std::string& appName)
{
    const auto* live = liveVersion(deployments, appName);
    std::uint32_t best = 0;
    for (const auto& deployment : deployments)
        if (deployment.appName == appName && live != nullptr && deployment.version < live->version)
            best = std::max(best, deployment.version);
    return best;
}

const em::DeploymentSummary* liveVersion(const std::vector<em::DeploymentSummary>& deployments,
                                         const std::string& appName)
{
    for (const auto& deployment : deployments)
        if (deployment.appName == appName && deployment.state == "live")
            return &deployment;
    return nullptr;
}

DeploymentsModel::DeploymentsModel(QObject* parent)
    : RecordModel(parent)
{
    setColumns({tr("App"), tr("Version"), tr("State"), tr("Deployed"), tr("Git"), tr("Tag"),
                tr("Functions"), tr("Replicas"), tr("Cost"), tr("Budget of the app")});
}

void DeploymentsModel::set(const std::vector<em::DeploymentSummary>& deployments)
{
    auto sorted = deployments;
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
        return a.deployedAt != b.deployedAt ? a.deployedAt > b.deployedAt : a.version > b.version;
    });
    std::vector<Row> rows;
    for (const auto& deployment : sorted) {
        auto version = QString::number(deployment.version);
        if (deployment.rolledBackTo != 0)
            version += tr(" (repeats %1)").arg(deployment.rolledBackTo);
        const auto when = QDateTime::fromMSecsSinceEpoch(deployment.deployedAt / 1000);
        rows.push_back({versionKey(deployment),
                        {{text(deployment.appName), {}, false},
                         {version, deployment.version, false},
                         {versionStateText(deployment), {}, false},
                         {when.toString(QStringLiteral("yyyy-MM-dd HH:mm")), when, false},
                         {gitText(deployment), {}, false},
                         {dash(deployment.tag), {}, false},
                         {QString::number(deployment.functions.size()),
                          int(deployment.functions.size()), true},
                         {QString::number(deployment.replicas), deployment.replicas, true},
                         {moneyText(deployment.costMicros), qlonglong(deployment.costMicros), true},
                         {budgetText(deployment), qlonglong(deployment.budgetMicros), true}}});
    }
    setRows(std::move(rows));
}

std::vector<VersionChange> compareVersions(const em::DeploymentSummary& before,
                                           const em::DeploymentSummary& after)
{
    std::map<std::string, std::pair<const em::DeployedFunction*, const em::DeployedFunction*>> both;
    for (const auto& function : before.functions)
        both[function.name].first = &function;
    for (const auto& function : after.functions)
        both[function.name].second = &function;
    std::vector<VersionChange> changes;
    const auto add
        = [&](const QString& subject, const QString& what, const QString& from, const QString& to) {
              if (from != to)
                  changes.push_back({subject, what, from, to});
          };
    const auto none = QStringLiteral("—");
    for (const auto& [name, pair] : both) {
        const auto* from = pair.first;
        const auto* to = pair.second;
        if (from == nullptr || to == nullptr) {
            const auto* one = from == nullptr ? to : from;
            const auto words
                = QStringList {dash(one->gpu), imageText(*one)}.join(QStringLiteral(" · "));
            add(text(name),
                from == nullptr ? VersionChangesModel::tr("added")
                                : VersionChangesModel::tr("removed"),
                from == nullptr ? none : words, from == nullptr ? words : none);
            continue;
        }
        add(text(name), VersionChangesModel::tr("image"), imageText(*from), imageText(*to));
        add(text(name), VersionChangesModel::tr("GPU"), dash(from->gpu), dash(to->gpu));
        add(text(name), VersionChangesModel::tr("price of a replica"),
            hourlyText(from->microsPerHour), hourlyText(to->microsPerHour));
        const auto digest = [](const std::string& value) { return text(value.substr(0, 12)); };
        add(text(name), VersionChangesModel::tr("code"), digest(from->code), digest(to->code));
        add(text(name), VersionChangesModel::tr("settings"), digest(from->settings),
            digest(to->settings));
        add(text(name), VersionChangesModel::tr("min_containers"),
            QString::number(from->minContainers), QString::number(to->minContainers));
    }
    const auto app = text(after.appName);
    add(app, VersionChangesModel::tr("git"), gitText(before), gitText(after));
    add(app, VersionChangesModel::tr("tag"), dash(before.tag), dash(after.tag));
    add(app, VersionChangesModel::tr("strategy"), dash(before.strategy), dash(after.strategy));
    add(app, VersionChangesModel::tr("client"), dash(before.clientVersion),
        dash(after.clientVersion));
    return changes;
}

VersionChangesModel::VersionChangesModel(QObject* parent)
    : RecordModel(parent)
{
    setColumns({tr("Subject"), tr("What"), tr("Before"), tr("After")});
}

void VersionChangesModel::set(const std::vector<VersionChange>& changes)
{
    std::vector<Row> rows;
    for (const auto& change : changes)
        rows.push_back({change.subject + u'/' + change.what,
                        {{change.subject, {}, false},
                         {change.what, {}, false},
                         {change.before, {}, false},
                         {change.after, {}, false}}});
    setRows(std::move(rows));
}

ReplicasModel::ReplicasModel(QObject* parent)
    : RecordModel(parent)
{
    setColumns({tr("Function"), tr("State"), tr("Node"), tr("Job"), tr("Waits for"), tr("Queued"),
                tr("Starting"), tr("Running"), tr("GPU"), tr("Cost"), tr("Task")});
}

void ReplicasModel::set(const std::vector<em::TaskSummary>& tasks, emulator::Micros now)
{
    std::vector<Row> rows;
    const auto phase = [&](emulator::Micros from, emulator::Micros to) {
        const auto seconds = from == 0
            ? -1.0
            : emulator::toSeconds(std::max<emulator::Micros>(0, (to == 0 ? now : to) - from));
        return Cell {seconds < 0 ? QStringLiteral("—") : durationText(seconds), seconds, true};
    };
    for (const auto& task : tasks) {
        const bool ended = task.state == em::TaskState::Finished;
        auto state = taskStateText(task.state);
        if (ended && !task.end.message.empty())
            state = text(task.end.message);
        // One that ended without ever being ready was starting until its end.
        const auto startedOrEnd = task.startedAt != 0 ? task.startedAt : task.finishedAt;
        const auto readyOrEnd = task.readyAt != 0 ? task.readyAt : task.finishedAt;
        rows.push_back(
            {text(task.id),
             {{text(task.functionName), {}, false},
              {state, {}, false},
              {dash(task.node), {}, false},
              {dash(task.jobId), {}, false},
              {task.state == em::TaskState::Queued ? dash(task.waitReason) : QStringLiteral("—"),
               {},
               false},
              phase(task.createdAt, startedOrEnd),
              phase(task.startedAt, readyOrEnd),
              phase(task.readyAt, task.finishedAt),
              {dash(task.gpu), {}, false},
              {moneyText(task.costMicros), qlonglong(task.costMicros), true},
              {text(task.id), {}, false}}});
    }
    setRows(std::move(rows));
}

TargetsModel::TargetsModel(QObject* parent)
    : RecordModel(parent)
{
    setColumns(
        {tr("Target"), tr("State"), tr("Since"), tr("Engine"), tr("Address"), tr("Registry")});
}

void TargetsModel::set(const std::vector<em::TargetSummary>& targets, emulator::Micros now)
{
    std::vector<Row> rows;
    for (const auto& target : targets) {
        const auto mark = target.state == "connected" ? QStringLiteral("● ")
            : target.state == "connecting"            ? QStringLiteral("◌ ")
                                                      : QStringLiteral("○ ");
        const auto address = target.kind == "local"
            ? tr("this machine")
            : text(target.kind) + QStringLiteral(": ") + text(target.address);
        rows.push_back({text(target.name),
                        {{text(target.name), {}, false},
                         {mark + text(target.state), {}, false},
                         {target.since == 0 ? QStringLiteral("—") : agoText(target.since, now),
                          qlonglong(target.since), false},
                         {dash(target.engine), {}, false},
                         {address, {}, false},
                         {dash(target.registryUrl), {}, false}}});
    }
    setRows(std::move(rows));
}

NodesModel::NodesModel(QObject* parent)
    : RecordModel(parent)
{
    setColumns({tr("Node"), tr("State"), tr("CPUs used"), tr("Memory used"), tr("GPUs used"),
                tr("Reason")});
}

void NodesModel::set(const std::vector<em::NodeSummary>& nodes)
{
    std::vector<Row> rows;
    constexpr double mib = 1024.0 * 1024;
    for (const auto& node : nodes)
        rows.push_back(
            {text(node.name),
             {{text(node.name), {}, false},
              {(node.usable ? QStringLiteral("● ") : QStringLiteral("○ ")) + text(node.state),
               {},
               false},
              {QStringLiteral("%1 of %2").arg(node.cpusAllocated).arg(node.cpus),
               node.cpusAllocated, true},
              {tr("%1 of %2")
                   .arg(node.memoryMbAllocated == 0
                            ? QStringLiteral("0")
                            : sizeText(double(node.memoryMbAllocated) * mib),
                        sizeText(double(node.memoryMb) * mib)),
               qlonglong(node.memoryMbAllocated), true},
              {gpusText(node), {}, false},
              {dash(node.reason), {}, false}}});
    setRows(std::move(rows));
}

} // namespace app::models
