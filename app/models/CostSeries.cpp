// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/CostSeries.h"

#include "app/models/DeployPlan.h"

#include <QDateTime>
#include <QHash>

#include <algorithm>
#include <cmath>
#include <map>

namespace app::models {

namespace em = emulator::model;

namespace {

QString groupOf(const em::CostPoint& point, CostGroup group, const QHash<QString, QString>& names)
{
    switch (group) {
    case CostGroup::Function:
        return QString::fromStdString(point.functionName);
    case CostGroup::Gpu:
        return point.gpu.empty() ? CostGroupsModel::tr("CPU") : QString::fromStdString(point.gpu);
    case CostGroup::Deployment: {
        const auto id = QString::fromStdString(point.appId);
        const auto name = names.value(id, id);
        return point.version == 0 ? CostGroupsModel::tr("%1 (runs)").arg(name)
                                  : QStringLiteral("%1 v%2").arg(name).arg(point.version);
    }
    }
    return {};
}

/// The mean of the recent buckets and how far such means scatter: with the standard deviation s of
/// n buckets, 80 % of the means lie within 1.2816 · s / √n of theirs (normal approximation).
std::optional<CostForecast> forecastOf(const CostSeries& series)
{
    // The last bucket is not full yet.
    const int whole = series.buckets() - 1;
    const int used = std::clamp(whole / 4, std::min(whole, 5), std::max(whole, 0));
    if (used < 2)
        return {};
    QVector<double> rates;
    for (int i = whole - used; i < whole; ++i) {
        std::int64_t micros = 0;
        for (const auto& stack : series.stacks)
            micros += stack.micros[i];
        rates << double(micros) / 1e6 * 3600 / double(series.bucketSeconds);
    }
    double mean = 0;
    for (const auto rate : rates)
        mean += rate / used;
    if (mean <= 0)
        return {};
    double variance = 0;
    for (const auto rate : rates)
        variance += (rate - mean) * (rate - mean) / (used - 1);
    const auto half = 1.2816 * std::sqrt(variance / used);
    CostForecast forecast {mean, std::max(0.0, mean - half), mean + half, used, {}};
    const auto minutes = used * series.bucketSeconds / 60;
    const auto span = minutes < 120 ? CostGroupsModel::tr("%1 min").arg(minutes)
        : minutes < 72 * 60         ? CostGroupsModel::tr("%1 h").arg(minutes / 60)
                                    : CostGroupsModel::tr("%1 days").arg(minutes / 60 / 24);
    forecast.basis = CostGroupsModel::tr("Forecast %1 (%2–%3, 80 %): the mean rate of the last %4, "
                                         "%5 points, carried on")
                         .arg(hourlyText(std::llround(mean * 1e6)),
                              hourlyText(std::llround(forecast.low * 1e6)).chopped(2),
                              hourlyText(std::llround(forecast.high * 1e6)).mid(1))
                         .arg(span)
                         .arg(used);
    return forecast;
}

/// Quoted when it holds a comma, a quote or a line break (RFC 4180, 2.6 and 2.7).
QByteArray csvField(const QString& text)
{
    auto field = text.toUtf8();
    if (field.contains(',') || field.contains('"') || field.contains('\n') || field.contains('\r'))
        field = '"' + field.replace("\"", "\"\"") + '"';
    return field;
}

} // namespace

const QVector<CostRange>& costRanges()
{
    static const QVector<CostRange> ranges {{QStringLiteral("1 h"), 3600, 60},
                                            {QStringLiteral("24 h"), 86'400, 900},
                                            {QStringLiteral("7 d"), 604'800, 7200},
                                            {QStringLiteral("30 d"), 2'592'000, 28'800}};
    return ranges;
}

int CostSeries::buckets() const
{
    return bucketSeconds <= 0 ? 0
                              : static_cast<int>((to - from + bucketSeconds - 1) / bucketSeconds);
}

QVector<double> CostSeries::cumulative(int stack) const
{
    QVector<double> values(buckets(), 0.0);
    double sum = 0;
    for (int bucket = 0; bucket < values.size(); ++bucket) {
        for (int i = 0; i <= stack && i < stacks.size(); ++i)
            sum += double(stacks[i].micros[bucket]) / 1e6;
        values[bucket] = sum;
    }
    return values;
}

CostSeries costSeries(const std::vector<em::CostPoint>& points, const CostRange& range,
                      CostGroup group, std::int64_t nowSeconds, const std::string& appId,
                      const QHash<QString, QString>& appNames)
{
    CostSeries series;
    series.bucketSeconds = range.bucketSeconds;
    series.to = nowSeconds;
    series.from = (nowSeconds - range.seconds) / range.bucketSeconds * range.bucketSeconds;
    const int buckets = series.buckets();
    std::map<QString, CostStack> stacks;
    for (const auto& point : points) {
        const auto at = point.from / 1'000'000 - series.from;
        if (at < 0 || at / range.bucketSeconds >= buckets
            || (!appId.empty() && point.appId != appId))
            continue;
        auto& stack = stacks[groupOf(point, group, appNames)];
        stack.micros.resize(buckets, 0);
        stack.micros[int(at / range.bucketSeconds)] += point.costMicros;
        stack.seconds += point.seconds;
        stack.total += point.costMicros;
        series.total += point.costMicros;
    }
    for (auto& [name, stack] : stacks) {
        stack.name = name;
        series.stacks << stack;
    }
    std::stable_sort(series.stacks.begin(), series.stacks.end(),
                     [](const auto& a, const auto& b) { return a.total > b.total; });
    series.forecast = forecastOf(series);
    return series;
}

QByteArray costCsv(const std::vector<em::CostPoint>& points,
                   const QHash<QString, QString>& appNames)
{
    QByteArray csv("from,app_id,app,function,gpu,version,task_seconds,cost_usd\r\n");
    for (const auto& point : points) {
        const auto id = QString::fromStdString(point.appId);
        const QStringList fields {
            QDateTime::fromMSecsSinceEpoch(point.from / 1000, Qt::UTC).toString(Qt::ISODate),
            id,
            appNames.value(id),
            QString::fromStdString(point.functionName),
            QString::fromStdString(point.gpu),
            point.version == 0 ? QString() : QString::number(point.version),
            QString::number(point.seconds, 'f', 3),
            QString::number(double(point.costMicros) / 1e6, 'f', 6)};
        for (int i = 0; i < fields.size(); ++i)
            csv += (i == 0 ? QByteArray() : QByteArray(",")) + csvField(fields[i]);
        csv += "\r\n";
    }
    return csv;
}

CostGroupsModel::CostGroupsModel(QObject* parent)
    : RecordModel(parent)
{
    setColumns({tr("Name"), tr("Cost"), tr("Share"), tr("Task time"), tr("An hour")});
}

void CostGroupsModel::set(const CostSeries& series)
{
    std::vector<Row> rows;
    const auto hours = double(std::max<std::int64_t>(1, series.to - series.from)) / 3600;
    for (const auto& stack : series.stacks) {
        const auto share = series.total == 0 ? 0.0 : double(stack.total) / double(series.total);
        const auto hourly = std::llround(double(stack.total) / hours);
        rows.push_back({stack.name,
                        {{stack.name, {}, false},
                         {moneyText(stack.total), qlonglong(stack.total), true},
                         {QStringLiteral("%1 %").arg(share * 100, 0, 'f', 0), share, true},
                         {durationText(stack.seconds), stack.seconds, true},
                         {hourlyText(hourly), qlonglong(hourly), true}}});
    }
    setRows(std::move(rows));
}

} // namespace app::models
