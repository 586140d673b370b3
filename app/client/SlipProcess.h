// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/LineSplitter.h"

#include <QJsonObject>
#include <QObject>
#include <QProcess>
#include <QStringList>

namespace app::client {

/// `slip` as a child: its lines of JSON as objects, what it says beside them as text. Used for one
/// verb at a time, again and again. GUI thread; nothing blocks.
class SlipProcess : public QObject {
    Q_OBJECT

public:
    explicit SlipProcess(QObject* parent = nullptr);
    ~SlipProcess() override; ///< interrupts and waits up to two seconds

    void start(const QString& slip, const QStringList& arguments, const QString& folder = {});
    /// SIGINT, which ends it cleanly; the third time SIGKILL.
    void interrupt();

    [[nodiscard]] bool running() const { return m_process.state() != QProcess::NotRunning; }
    [[nodiscard]] int interrupts() const { return m_interrupts; }
    /// The last lines on stderr: why it failed when nothing else says so.
    [[nodiscard]] QString lastWords() const { return m_lastWords.join(u'\n'); }

Q_SIGNALS:
    void object(const QJsonObject& json); ///< an object, or each element of an array
    void text(const QByteArray& line); ///< of stderr, or of stdout when it is no JSON
    /// `problem` is empty when it exited with 0.
    void finished(int code, const QString& problem);

private:
    void read(QProcess::ProcessChannel channel);
    void takeOutput(const QByteArray& line);
    void takeError(const QByteArray& line);
    void ended(int code, QProcess::ExitStatus how);

    QProcess m_process;
    LineSplitter m_lines[2];
    QByteArray m_open; ///< JSON that goes over several lines
    QStringList m_lastWords;
    int m_interrupts = 0;
};

} // namespace app::client
