// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/RunRecord.h"

#include "emulator/base/Files.h"

#include <QDateTime>
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>

namespace app::client {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;

namespace {

QString recordFile(const QString& folder)
{
    return folder + QStringLiteral("/run.json");
}

Result<> write(const RunRecord& record)
{
    const auto& request = record.request;
    const QJsonObject json {
        {QStringLiteral("runId"), request.runId},
        {QStringLiteral("folder"), request.folder},
        {QStringLiteral("file"), request.file},
        {QStringLiteral("target"), request.target},
        {QStringLiteral("function"), request.function},
        {QStringLiteral("arguments"), QJsonArray::fromStringList(request.arguments)},
        {QStringLiteral("startedAt"), record.startedAt},
        {QStringLiteral("pid"), record.pid},
        {QStringLiteral("processStart"), static_cast<qint64>(record.processStart)}};
    return emulator::writeFileAtomically(recordFile(record.folder).toStdString(),
                                         QJsonDocument(json).toJson().toStdString(), 0600);
}

QProcessEnvironment clientEnvironment()
{
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("FORCE_COLOR"), QStringLiteral("1"));
    environment.insert(QStringLiteral("COLUMNS"), QStringLiteral("120"));
    environment.insert(QStringLiteral("PYTHONUNBUFFERED"), QStringLiteral("1"));
    return environment;
}

/// When a process was started (proc(5), stat, field 22); 0 when there is none.
quint64 startOfProcess(qint64 pid)
{
    const auto stat = emulator::readFile("/proc/" + std::to_string(pid) + "/stat");
    if (!stat)
        return 0;
    // The name, in brackets, may hold anything; the state behind it is field 3.
    const auto fields = QString::fromStdString(stat->substr(stat->rfind(')') + 1))
                            .split(u' ', Qt::SkipEmptyParts);
    return fields.size() > 19 && fields[0] != u'Z' ? fields[19].toULongLong() : 0;
}

} // namespace

bool RunRecord::isAlive() const
{
    return pid > 0 && processStart != 0 && startOfProcess(pid) == processStart;
}

QString RunRecord::outputFile(int descriptor) const
{
    return folder + (descriptor == 1 ? QStringLiteral("/output") : QStringLiteral("/errors"));
}

QString RunRecord::exitFile() const
{
    return folder + QStringLiteral("/exit");
}

Result<RunRecord> RunRecord::read(const QString& folder)
{
    TRY_ASSIGN(const auto text, emulator::readFile(recordFile(folder).toStdString()));
    const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
    RunRecord record;
    record.folder = folder;
    record.request.runs = folder.section(u'/', 0, -2);
    record.request.runId = json[QStringLiteral("runId")].toString();
    record.request.folder = json[QStringLiteral("folder")].toString();
    record.request.file = json[QStringLiteral("file")].toString();
    record.request.target = json[QStringLiteral("target")].toString();
    record.request.function = json[QStringLiteral("function")].toString();
    for (const auto& argument : json[QStringLiteral("arguments")].toArray())
        record.request.arguments << argument.toString();
    record.startedAt = json[QStringLiteral("startedAt")].toInteger();
    record.pid = json[QStringLiteral("pid")].toInteger();
    record.processStart = static_cast<quint64>(json[QStringLiteral("processStart")].toInteger());
    if (record.request.runId.isEmpty())
        return Error(ErrorCode::Invalid, recordFile(folder).toStdString() + " is damaged");
    return record;
}

Result<RunRecord> startDetached(const RunRequest& request)
{
    RunRecord record;
    record.folder = request.runs + u'/' + request.runId;
    record.request = request;
    record.startedAt = QDateTime::currentMSecsSinceEpoch();
    if (!QDir().mkpath(record.folder))
        return Error(ErrorCode::Io,
                     "the folder " + record.folder.toStdString() + " cannot be made");
    // What a run prints is its owner's alone.
    QFile::setPermissions(request.runs, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    TRY(write(record));
    QProcess process;
    process.setProgram(request.slip);
    QStringList arguments {QStringLiteral("run"), QStringLiteral("--run-id"), request.runId,
                           QStringLiteral("--exit-file"), record.exitFile()};
    if (!request.target.isEmpty() && request.target != QLatin1String("local"))
        arguments << QStringLiteral("--target") << request.target;
    arguments << request.file + QStringLiteral("::") + request.function;
    process.setArguments(arguments + request.arguments);
    process.setProcessEnvironment(clientEnvironment());
    process.setWorkingDirectory(request.folder);
    process.setStandardInputFile(QProcess::nullDevice());
    process.setStandardOutputFile(record.outputFile(1), QIODevice::Append);
    process.setStandardErrorFile(record.outputFile(2), QIODevice::Append);
    if (!process.startDetached(&record.pid))
        return Error(ErrorCode::NotFound,
                     (request.slip.isEmpty() ? std::string("slip") : request.slip.toStdString())
                         + " could not be started: " + process.errorString().toStdString());
    record.processStart = startOfProcess(record.pid);
    TRY(write(record));
    return record;
}

void dropOldRuns(const QString& runs, int kept)
{
    const auto folders = QDir(runs).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Time);
    for (qsizetype i = kept; i < folders.size(); ++i) {
        const auto record = RunRecord::read(folders[i].filePath());
        if (!record || !record->isAlive())
            QDir(folders[i].filePath()).removeRecursively();
    }
}

} // namespace app::client
