// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/DeployPlan.h"

#include <QJsonArray>

#include <map>

namespace app::models {

using emulator::Error;
using emulator::ErrorCode;

namespace {

QString textOf(const QJsonObject& json, const char* key)
{
    return json[QLatin1String(key)].toString();
}

std::int64_t numberOf(const QJsonObject& json, const char* key)
{
    return json[QLatin1String(key)].toInteger();
}

int countOf(const QJsonObject& json, const char* key)
{
    const auto value = json[QLatin1String(key)];
    return value.isArray() ? static_cast<int>(value.toArray().size())
                           : static_cast<int>(value.toInteger());
}

QStringList wordsOf(const QJsonValue& value)
{
    QStringList words;
    for (const auto& word : value.toArray())
        words << (word.isObject() ? textOf(word.toObject(), "text") : word.toString());
    return words;
}

std::optional<bool> answerOf(const QJsonValue& value)
{
    return value.isBool() ? std::optional(value.toBool()) : std::nullopt;
}

PlanFunction functionOf(const QJsonObject& json)
{
    PlanFunction function;
    function.name = textOf(json, "name");
    function.gpu = textOf(json, "gpu");
    function.change = textOf(json, "change");
    function.what = wordsOf(json[QStringLiteral("what")]);
    function.imageId = textOf(json, "image_id");
    function.manifest = textOf(json, "manifest");
    function.minContainers = countOf(json, "min_containers");
    function.microsPerHour = numberOf(json, "price_micros_per_hour");
    return function;
}

PlanImage imageOf(const QJsonObject& json)
{
    return {textOf(json, "image_id"),
            textOf(json, "manifest"),
            numberOf(json, "bytes"),
            numberOf(json, "missing_bytes"),
            countOf(json, "layers"),
            countOf(json, "missing_layers"),
            answerOf(json[QStringLiteral("same_as_last_run")])};
}

PlanGpu gpuOf(const QJsonObject& json)
{
    PlanGpu gpu {textOf(json, "type"), countOf(json, "wanted"), {}, false, textOf(json, "text")};
    if (json[QStringLiteral("available")].isDouble())
        gpu.available = countOf(json, "available");
    gpu.ok = json[QStringLiteral("ok")].toBool();
    return gpu;
}

std::optional<PlanGit> gitOf(const QJsonValue& value)
{
    if (!value.isObject())
        return {};
    const auto json = value.toObject();
    PlanGit git {textOf(json, "commit"), textOf(json, "branch"),
                 json[QStringLiteral("dirty")].toBool(),
                 wordsOf(json[QStringLiteral("changed_files")]), countOf(json, "changed_files")};
    return git;
}

/// What a change is called, the mark that stands before it, and its place in the list.
struct ChangeWords {
    QString mark;
    QString title;
    int order = 0;
};

ChangeWords changeWords(const QString& change)
{
    static const std::map<QString, ChangeWords> all {
        {QStringLiteral("new"), {QStringLiteral("+"), PlanFunctionsModel::tr("new"), 0}},
        {QStringLiteral("changed"), {QStringLiteral("~"), PlanFunctionsModel::tr("changed"), 1}},
        {QStringLiteral("removed"), {QStringLiteral("−"), PlanFunctionsModel::tr("removed"), 2}},
        {QStringLiteral("unchanged"),
         {QStringLiteral("="), PlanFunctionsModel::tr("unchanged"), 3}}};
    const auto found = all.find(change);
    return found == all.end() ? ChangeWords {QStringLiteral("?"), change, 4} : found->second;
}

} // namespace

emulator::Result<DeployPlan> DeployPlan::fromJson(const QJsonObject& json)
{
    if (!json.contains(QStringLiteral("next_version"))
        || !json[QStringLiteral("functions")].isArray())
        return Error(ErrorCode::Invalid,
                     "what slip printed is no deploy plan; are slipway and "
                     "slip of the same version?");
    DeployPlan plan;
    plan.app = textOf(json, "app");
    plan.file = textOf(json, "file");
    const auto target = json[QStringLiteral("target")].toObject();
    plan.target = textOf(target, "name");
    plan.engine = textOf(target, "engine");
    plan.targetState = textOf(target, "state");
    plan.liveVersion = countOf(json, "live_version");
    plan.nextVersion = countOf(json, "next_version");
    for (const auto& entry : json[QStringLiteral("functions")].toArray())
        plan.functions << functionOf(entry.toObject());
    for (const auto& entry : json[QStringLiteral("images")].toArray())
        plan.images << imageOf(entry.toObject());
    plan.bytesToPush = numberOf(json, "bytes_to_push");
    plan.bytesTotal = numberOf(json, "bytes_total");
    for (const auto& entry : json[QStringLiteral("gpus")].toArray())
        plan.gpus << gpuOf(entry.toObject());
    plan.microsPerHour = numberOf(json, "price_micros_per_hour");
    plan.idleMicrosPerHour = numberOf(json, "price_idle_micros_per_hour");
    plan.git = gitOf(json[QStringLiteral("git")]);
    plan.sameImageAsLastGreenRun = answerOf(json[QStringLiteral("same_image_as_last_green_run")]);
    plan.warnings = wordsOf(json[QStringLiteral("warnings")]);
    for (const auto& entry : json[QStringLiteral("blockers")].toArray()) {
        const auto blocker = entry.toObject();
        plan.blockers << PlanTrouble {textOf(blocker, "what"), textOf(blocker, "why"),
                                      textOf(blocker, "fix")};
    }
    return plan;
}

QString shortDigest(const QString& digest)
{
    const auto colon = digest.indexOf(u':');
    return digest.size() - colon <= 13 ? digest : digest.left(colon + 13) + u'…';
}

QString hourlyText(std::int64_t microsPerHour)
{
    const auto dollars = static_cast<double>(microsPerHour) / 1e6;
    const int digits = microsPerHour == 0 || dollars >= 0.095 ? 2 : 4;
    return QStringLiteral("$%1/h").arg(dollars, 0, 'f', digits);
}

QString changesText(const DeployPlan& plan)
{
    QStringList parts;
    for (const auto* change : {"new", "changed", "removed", "unchanged"}) {
        int count = 0;
        for (const auto& function : plan.functions)
            count += function.change == QLatin1String(change) ? 1 : 0;
        if (count > 0)
            parts << QStringLiteral("%1 %2").arg(count).arg(
                changeWords(QLatin1String(change)).title);
    }
    return parts.join(QStringLiteral(", "));
}

QString priceBasis(const DeployPlan& plan)
{
    int running = 0;
    int warm = 0;
    for (const auto& function : plan.functions) {
        if (function.change == QLatin1String("removed"))
            continue;
        ++running;
        warm += function.minContainers;
    }
    const auto kept = warm == 0 ? PlanFunctionsModel::tr("nothing is kept warm")
        : warm == 1             ? PlanFunctionsModel::tr("min_containers keeps 1 replica warm")
                    : PlanFunctionsModel::tr("min_containers keeps %1 replicas warm").arg(warm);
    return PlanFunctionsModel::tr("%1 while one replica of each of %2 runs; %3 idle: %4. List "
                                  "prices of what is reserved; more replicas cost more.")
        .arg(hourlyText(plan.microsPerHour),
             running == 1 ? PlanFunctionsModel::tr("1 function")
                          : PlanFunctionsModel::tr("%1 functions").arg(running),
             hourlyText(plan.idleMicrosPerHour), kept);
}

PlanFunctionsModel::PlanFunctionsModel(QObject* parent)
    : RecordModel(parent)
{
    setColumns({QString(), tr("Function"), tr("Change"), tr("GPU"), tr("Min."), tr("Price")});
}

void PlanFunctionsModel::set(const DeployPlan& plan)
{
    std::vector<Row> rows;
    for (const auto& function : plan.functions) {
        const auto words = changeWords(function.change);
        const auto detail = function.change == QLatin1String("changed") && !function.what.isEmpty()
            ? function.what.join(QStringLiteral(", "))
            : words.title;
        rows.push_back(
            {function.name,
             {{words.mark, words.order, false},
              {function.name, {}, false},
              {detail, {}, false},
              {function.gpu.isEmpty() ? QStringLiteral("—") : function.gpu, {}, false},
              {QString::number(function.minContainers), function.minContainers, true},
              {hourlyText(function.microsPerHour), qlonglong(function.microsPerHour), true}}});
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        return a.cells[0].sort.toInt() < b.cells[0].sort.toInt();
    });
    setRows(std::move(rows));
}

} // namespace app::models
