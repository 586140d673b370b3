// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/RecordModels.h"

#include <QByteArray>
#include <QString>
#include <QVector>

#include <cstdint>
#include <optional>
#include <vector>

namespace app::models {

/// What one colour of the cost graph stands for.
enum class CostGroup { Function, Gpu, Deployment };

/// The stretch of time that the cost graph shows, and the buckets it is cut into.
struct CostRange {
    QString name; ///< "24h"
    std::int64_t seconds = 0;
    std::int64_t bucketSeconds = 0;
};
[[nodiscard]] const QVector<CostRange>& costRanges(); ///< 1 h, 24 h, 7 d, 30 d

/// One group over the buckets of a series.
struct CostStack {
    QString name; ///< "train", "H100", "whisper v14"
    QVector<std::int64_t> micros; ///< micro-dollars of each bucket
    double seconds = 0; ///< of task time
    std::int64_t total = 0;
};

/// What is to come, from the rate of the recent buckets.
struct CostForecast {
    double perHour = 0; ///< dollars
    double low = 0; ///< dollars an hour; 80 % of the buckets' means would lie within
    double high = 0;
    int buckets = 0; ///< that it rests on
    QString basis; ///< a sentence
};

/// Cost over time, cut into equal buckets and stacked by group. A value.
struct CostSeries {
    std::int64_t from = 0; ///< seconds since the epoch
    std::int64_t to = 0; ///< now
    std::int64_t bucketSeconds = 60;
    QVector<CostStack> stacks; ///< the most expensive first
    std::int64_t total = 0; ///< micro-dollars
    std::optional<CostForecast> forecast; ///< none: nothing has run recently

    [[nodiscard]] int buckets() const;
    /// Cumulative dollars of the stacks up to and with `stack`, at the end of each bucket.
    [[nodiscard]] QVector<double> cumulative(int stack) const;
};

/// Pure: `points` of any app outside the range are left out; `appId` empty: of all apps.
[[nodiscard]] CostSeries costSeries(const std::vector<emulator::model::CostPoint>& points,
                                    const CostRange& range, CostGroup group,
                                    std::int64_t nowSeconds, const std::string& appId = {},
                                    const QHash<QString, QString>& appNames = {});

/// The points as a CSV file: RFC 4180, one header line, CRLF, UTF-8.
[[nodiscard]] QByteArray costCsv(const std::vector<emulator::model::CostPoint>& points,
                                 const QHash<QString, QString>& appNames);

/// The groups of a series as a table.
class CostGroupsModel : public RecordModel {
    Q_OBJECT

public:
    explicit CostGroupsModel(QObject* parent = nullptr);
    void set(const CostSeries& series);
};

} // namespace app::models
