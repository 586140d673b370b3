// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/DaemonPort.h"
#include "app/client/StreamFollower.h"
#include "app/models/LogModel.h"

#include <QHash>

#include <memory>
#include <mutex>

namespace app::client {

/// "a1b2c3": a task's last letters, by which people tell it apart.
[[nodiscard]] std::string shortTaskId(const std::string& id);
/// "train·a1b2c3": what stands before a line of a replica's log.
[[nodiscard]] std::string replicaSource(const std::string& functionName, const std::string& taskId);

/// The logs of all replicas of one app, followed while it is chosen. GUI thread; the lines come on
/// the stream's own.
class AppLogs : public QObject {
    Q_OBJECT

public:
    explicit AppLogs(QObject* parent = nullptr);
    ~AppLogs() override;

    /// Starts over with another app, or with none.
    void follow(std::shared_ptr<DaemonPort> port, const std::string& appId);
    /// Which function each task runs, for the lines that come.
    void setTasks(const std::vector<emulator::model::TaskSummary>& tasks);
    /// Lines kept from an earlier look, shown until the stream gives its own.
    void preload(const std::vector<emulator::model::LogLine>& lines);

    [[nodiscard]] models::LogModel* model() { return &m_model; }
    [[nodiscard]] const std::string& appId() const { return m_appId; }
    /// The last `most` lines, for the cache.
    [[nodiscard]] std::vector<emulator::model::LogLine> tail(std::size_t most) const;

private:
    void take(const std::vector<emulator::model::LogLine>& lines);

    models::LogModel m_model;
    std::string m_appId;
    mutable std::mutex m_mutex; ///< guards the next two
    QHash<QString, QString> m_functions; ///< by task
    std::vector<emulator::model::LogLine> m_recent;
    std::shared_ptr<bool> m_cached; ///< whether what is shown came from the cache
    std::unique_ptr<StreamFollower> m_stream;
    std::vector<std::unique_ptr<StreamFollower>> m_ending; ///< asked to stop, not yet joined
};

} // namespace app::client
