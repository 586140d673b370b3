// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/SlipProcess.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <csignal>

namespace app::client {

namespace {
constexpr qsizetype keptWords = 12; // lines of stderr
constexpr qsizetype longestObject = 4'000'000; // octets
} // namespace

SlipProcess::SlipProcess(QObject* parent)
    : QObject(parent)
{
    connect(&m_process, &QProcess::readyReadStandardOutput, this,
            [this] { read(QProcess::StandardOutput); });
    connect(&m_process, &QProcess::readyReadStandardError, this,
            [this] { read(QProcess::StandardError); });
    connect(&m_process, &QProcess::finished, this, &SlipProcess::ended);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            Q_EMIT finished(127,
                            tr("%1 could not be started: %2")
                                .arg(m_process.program(), m_process.errorString()));
    });
}

SlipProcess::~SlipProcess()
{
    m_process.disconnect(this);
    if (!running())
        return;
    ::kill(static_cast<pid_t>(m_process.processId()), SIGINT);
    if (!m_process.waitForFinished(2000))
        m_process.kill();
    m_process.waitForFinished(500);
}

void SlipProcess::start(const QString& slip, const QStringList& arguments, const QString& folder)
{
    if (running())
        return;
    m_interrupts = 0;
    m_open.clear();
    m_lastWords.clear();
    for (auto& lines : m_lines)
        lines = {};
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("PYTHONUNBUFFERED"), QStringLiteral("1"));
    m_process.setProcessEnvironment(environment);
    m_process.setWorkingDirectory(folder);
    m_process.setProgram(slip.isEmpty() ? QStringLiteral("slip") : slip);
    m_process.setArguments(arguments);
    m_process.start(QIODevice::ReadOnly);
}

void SlipProcess::interrupt()
{
    if (!running())
        return;
    ++m_interrupts;
    ::kill(static_cast<pid_t>(m_process.processId()), m_interrupts > 2 ? SIGKILL : SIGINT);
}

void SlipProcess::read(QProcess::ProcessChannel channel)
{
    const bool error = channel == QProcess::StandardError;
    m_process.setReadChannel(channel);
    const auto piece = error ? m_process.readAllStandardError() : m_process.readAllStandardOutput();
    for (const auto& line : m_lines[error ? 1 : 0].feed(piece))
        error ? takeError(line) : takeOutput(line);
}

void SlipProcess::takeError(const QByteArray& line)
{
    m_lastWords << QString::fromUtf8(line);
    if (m_lastWords.size() > keptWords)
        m_lastWords.removeFirst();
    Q_EMIT text(line);
}

/// One object a line is what is agreed on; one that was printed for people is read too.
void SlipProcess::takeOutput(const QByteArray& line)
{
    if (m_open.isEmpty() && !line.startsWith('{') && !line.startsWith('[')) {
        if (!line.isEmpty())
            Q_EMIT text(line);
        return;
    }
    m_open += line + '\n';
    const auto document = QJsonDocument::fromJson(m_open);
    if (document.isNull()) {
        if (m_open.size() > longestObject)
            m_open.clear();
        return;
    }
    m_open.clear();
    if (document.isObject())
        Q_EMIT object(document.object());
    for (const auto& entry : document.array())
        if (entry.isObject())
            Q_EMIT object(entry.toObject());
}

void SlipProcess::ended(int code, QProcess::ExitStatus how)
{
    read(QProcess::StandardOutput);
    read(QProcess::StandardError);
    if (const auto rest = m_lines[0].rest(); !rest.isEmpty())
        takeOutput(rest);
    if (const auto rest = m_lines[1].rest(); !rest.isEmpty())
        takeError(rest);
    if (how == QProcess::CrashExit)
        Q_EMIT finished(128, tr("slip was killed"));
    else if (code != 0)
        Q_EMIT finished(code,
                        m_lastWords.isEmpty() ? tr("slip ended with exit code %1").arg(code)
                                              : m_lastWords.last());
    else
        Q_EMIT finished(0, {});
}

} // namespace app::client
