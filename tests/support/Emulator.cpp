// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/support/Emulator.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLockFile>

namespace support {
namespace {

const QString bin = QStringLiteral(SLIPWAY_BINARY_DIR "/bin/");

Finished finish(QProcess& process, int seconds)
{
    Finished finished;
    if (!process.waitForFinished(seconds * 1000)) {
        finished.errors = QStringLiteral("not finished after %1 s").arg(seconds);
        process.kill();
        process.waitForFinished();
    } else {
        finished.code = process.exitCode();
    }
    finished.output = QString::fromUtf8(process.readAllStandardOutput());
    finished.errors += QString::fromUtf8(process.readAllStandardError());
    return finished;
}

Finished call(const QString& program, const QStringList& arguments)
{
    QProcess process;
    process.start(program, arguments);
    return finish(process, 600);
}

/// The folder of a virtual environment with one version of the client; empty when pip failed.
QString clientFolder(const QString& version, QString& failure)
{
    const QString folder = QStringLiteral(SLIPWAY_BINARY_DIR "/clients/") + version;
    QDir().mkpath(QStringLiteral(SLIPWAY_BINARY_DIR "/clients"));
    QLockFile lock(folder + QStringLiteral(".lock"));
    lock.lock();
    const QString stamp = folder + QStringLiteral("/complete");
    if (QFile::exists(stamp))
        return folder;
    auto made
        = call(QStringLiteral("python3"), {QStringLiteral("-m"), QStringLiteral("venv"), folder});
    if (made.code == 0)
        made = call(folder + QStringLiteral("/bin/pip"),
                    {QStringLiteral("install"), QStringLiteral("--quiet"),
                     QStringLiteral("modal==") + version});
    if (made.code != 0) {
        failure = QStringLiteral("install modal %1: %2").arg(version, made.all());
        return {};
    }
    QFile file(stamp);
    [[maybe_unused]] const bool opened = file.open(QIODevice::WriteOnly);
    return folder;
}

} // namespace

Emulator::Emulator(const QString& client, Setup setup)
    : m_setup(std::move(setup))
{
    if (m_setup.home.isEmpty()) {
        m_folder = std::make_unique<QTemporaryDir>(QStringLiteral("/tmp/slip-XXXXXX"));
        m_setup.home = m_folder->path();
    }
    if (m_setup.modal.isEmpty())
        useClient(client);
    else
        m_modal = m_setup.modal;
    if (!m_failure.isEmpty())
        return;
    const auto up = slip({QStringLiteral("up")}, 60);
    if (up.code != 0)
        m_failure = QStringLiteral("slip up: ") + up.all();
}

Emulator::~Emulator()
{
    if (!m_modal.isEmpty())
        static_cast<void>(slip({QStringLiteral("down")}, 60));
}

void Emulator::useClient(const QString& version)
{
    const auto folder = clientFolder(version, m_failure);
    m_modal = folder.isEmpty() ? QString() : folder + QStringLiteral("/bin/modal");
}

QString Emulator::python() const
{
    return QFileInfo(m_modal).path() + QStringLiteral("/python");
}

void Emulator::setVariable(const QString& name, const QString& value)
{
    m_setup.environment[name] = value;
}

QProcessEnvironment Emulator::environment() const
{
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("SLIPWAY_HOME"), m_setup.home);
    environment.insert(QStringLiteral("SLIPWAY_MODAL"), m_modal);
    environment.remove(QStringLiteral("SLIPWAY_PORT"));
    // The client draws boxes as wide as the terminal that is not there.
    environment.insert(QStringLiteral("COLUMNS"), QStringLiteral("200"));
    environment.insert(QStringLiteral("NO_COLOR"), QStringLiteral("1"));
    for (auto it = m_setup.environment.begin(); it != m_setup.environment.end(); ++it) {
        if (it->isEmpty())
            environment.remove(it.key());
        else
            environment.insert(it.key(), *it);
    }
    return environment;
}

Finished Emulator::slip(const QStringList& arguments, int seconds) const
{
    const auto process = start(arguments);
    return finish(*process, seconds);
}

std::unique_ptr<QProcess> Emulator::start(const QStringList& arguments) const
{
    auto process = std::make_unique<QProcess>();
    process->setProcessEnvironment(environment());
    auto command = m_setup.wrapper;
    command << (m_setup.programs.isEmpty() ? bin : m_setup.programs + u'/')
            + QStringLiteral("slip");
    const auto program = command.takeFirst();
    process->start(program, command + arguments);
    return process;
}

qint64 Emulator::daemonPid() const
{
    const auto status = slip({QStringLiteral("status"), QStringLiteral("--json")}, 30);
    return QJsonDocument::fromJson(status.output.toUtf8())
        .object()[QStringLiteral("pid")]
        .toInteger();
}

qint64 Emulator::workerPid() const
{
    QFile lock(m_setup.home + QStringLiteral("/run/worker.lock"));
    return lock.open(QIODevice::ReadOnly) ? lock.readAll().trimmed().toLongLong() : 0;
}

QString Emulator::app(const QString& name)
{
    return QStringLiteral(SLIPWAY_SOURCE_DIR "/tests/flows/apps/") + name;
}

} // namespace support
