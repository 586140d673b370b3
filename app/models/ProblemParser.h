// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/SourcePlaces.h"

#include <QString>
#include <QStringList>
#include <QVector>

namespace app::models {

/// Something to mend, at a place of the source where one is known.
struct Problem {
    enum class Severity { Error, Warning };

    Severity severity = Severity::Error;
    QString message;
    QString file; ///< absolute where the output named it so; empty without
    int line = 0; ///< 1-based; 0 without
    QString origin; ///< "Python", "Image", "GPU", "CUDA"
    QString written = {}; ///< the text on that line that is wrong; empty when it cannot be told
    QStringList replacements = {}; ///< what may be meant instead of it
    bool operator==(const Problem&) const = default;
};

/// Finds problems in the output of a run, line by line: Python tracebacks and syntax errors,
/// plain or in the client's boxes, failed image builds, unknown cards, compiler diagnostics.
/// A traceback counts at its last frame inside the project, a build at the image method whose step
/// failed, a card where it is asked for. One thread.
class ProblemParser {
public:
    /// `projectFolder`: frames below it are preferred; `container paths` like /root/app.py are
    /// mapped onto it by their file name.
    explicit ProblemParser(const QString& projectFolder = {}, const QStringList& files = {},
                           SourcePlaces places = {});

    /// Feeds one line; escape sequences are dropped.
    void feed(const QString& line);
    /// The output has ended: what is open is closed.
    void finish();

    [[nodiscard]] const QVector<Problem>& problems() const { return m_problems; }

private:
    struct Frame {
        QString file;
        int line = 0;
    };

    void addFrame(const QString& file, int line);
    bool matchFrame(const QString& line);
    bool matchException(const QString& line);
    bool matchDiagnostic(const QString& line);
    bool matchCard(const QString& line);
    bool matchBuild(const QString& line);
    void endBuild();
    void report(Problem problem);
    [[nodiscard]] QString inProject(const QString& file) const;
    [[nodiscard]] Frame place() const;

    QString m_folder;
    QStringList m_files; ///< of the project, relative
    SourcePlaces m_places;
    QString m_instruction; ///< of the build's log: what it does now
    QStringList m_buildFailure; ///< the lines of a message that is still being printed
    bool m_inTraceback = false;
    QVector<Frame> m_frames;
    QVector<Problem> m_problems;
};

} // namespace app::models
