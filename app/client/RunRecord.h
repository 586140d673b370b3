// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/SourcePlaces.h"
#include "emulator/base/Result.h"

#include <QString>
#include <QStringList>

namespace app::client {

/// What is to be run: decided by the window, carried out by a RunSession.
struct RunRequest {
    QString slip; ///< the program
    QString runs; ///< the folder HOME/runs
    QString runId;
    QString folder; ///< of the project
    QString file; ///< absolute
    QString target; ///< "local", "hpc"; empty: local
    QString function; ///< "train", "Model.infer"
    QStringList arguments; ///< for `modal run`
    QStringList projectFiles; ///< relative; problems are mapped onto them
    models::SourcePlaces places; ///< of cards and images, as the source was when it started
};

/// A run on disk, HOME/runs/<runId>: what was asked for, what the client prints, how it ended. It
/// outlives the window that started it.
struct RunRecord {
    QString folder;
    RunRequest request; ///< without the project's files and places
    qint64 startedAt = 0; ///< milliseconds since the epoch
    qint64 pid = 0; ///< of the client; 0 when it was never known
    quint64 processStart = 0; ///< clock ticks since boot: tells the process from a later one

    [[nodiscard]] QString outputFile(int descriptor) const; ///< 1 and 2
    [[nodiscard]] QString exitFile() const; ///< written by slip at the run's end: its exit code

    /// Whether the client still runs; another process of its number is not it.
    [[nodiscard]] bool isAlive() const;

    /// Blocking. NotFound, or Invalid when it is damaged.
    [[nodiscard]] static emulator::Result<RunRecord> read(const QString& folder);
};

/// Starts the client in a session of its own, its output going to the record. Blocking. NotFound
/// when there is no such program, Io when nothing can be written.
[[nodiscard]] emulator::Result<RunRecord> startDetached(const RunRequest& request);

/// Removes the oldest records, all but `kept`. Blocking.
void dropOldRuns(const QString& runs, int kept);

} // namespace app::client
