// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/remote_tunnel/SshServer.h"

#include "remote/tunnel/Sockets.h"

#include <QDir>
#include <QFile>
#include <QProcessEnvironment>
#include <QStandardPaths>

#include <unistd.h>

namespace support {

namespace {

bool runs(const QString& program, const QStringList& arguments)
{
    QProcess process;
    process.start(program, arguments);
    return process.waitForFinished(30'000) && process.exitCode() == 0;
}

void write(const QString& path, const QString& text)
{
    QFile file(path);
    if (file.open(QIODevice::WriteOnly))
        file.write(text.toUtf8());
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
}

QString read(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

/// How this machine reaches package indexes, for the daemon over there: sshd starts from nothing.
QString networkOfThisMachine()
{
    const auto environment = QProcessEnvironment::systemEnvironment();
    QString line;
    for (const auto& name : environment.keys())
        if (name.startsWith(QLatin1String("PIP_"))
            || name.endsWith(QLatin1String("_proxy"), Qt::CaseInsensitive)
            || name.endsWith(QLatin1String("_CA_BUNDLE")) || name == QLatin1String("SSL_CERT_FILE"))
            line += QStringLiteral(" \"%1=%2\"").arg(name, environment.value(name));
    return line.isEmpty() ? QString() : QStringLiteral("SetEnv%1\n").arg(line);
}

} // namespace

SshServer::SshServer()
    : m_folder(QStringLiteral("/tmp/slip-sshd-XXXXXX"))
{
    if (!prepare())
        return;
    const QString sshd = QStandardPaths::findExecutable(
        QStringLiteral("sshd"), {QStringLiteral("/usr/sbin"), QStringLiteral("/usr/local/sbin")});
    m_server.setProcessChannelMode(QProcess::MergedChannels);
    m_server.start(sshd,
                   {QStringLiteral("-D"), QStringLiteral("-e"), QStringLiteral("-f"),
                    m_folder.filePath(QStringLiteral("config"))});
    QByteArray words;
    while (!words.contains("Server listening")) {
        if (!m_server.waitForReadyRead(10'000)) {
            m_failure = QStringLiteral("sshd does not start: ") + QString::fromUtf8(words);
            return;
        }
        words += m_server.readAll();
    }
}

SshServer::~SshServer()
{
    m_server.terminate();
    m_server.waitForFinished(5'000);
}

bool SshServer::prepare()
{
    if (QStandardPaths::findExecutable(
            QStringLiteral("sshd"),
            {QStringLiteral("/usr/sbin"), QStringLiteral("/usr/local/sbin")})
            .isEmpty()) {
        m_failure = QStringLiteral("there is no sshd (apt-get install openssh-server)");
        return false;
    }
    if (::geteuid() == 0)
        QDir().mkpath(QStringLiteral("/run/sshd")); // sshd insists on it as root
    for (const char* key : {"host", "user", "other"})
        if (!runs(QStringLiteral("ssh-keygen"),
                  {QStringLiteral("-q"), QStringLiteral("-t"), QStringLiteral("ed25519"),
                   QStringLiteral("-N"), QString(), QStringLiteral("-f"),
                   m_folder.filePath(QLatin1String(key))})) {
            m_failure = QStringLiteral("ssh-keygen makes no key");
            return false;
        }
    m_port = remote::tunnel::portOf(remote::tunnel::listenLoopback(0)->get());
    write(m_folder.filePath(QStringLiteral("config")),
          QStringLiteral("Port %1\nListenAddress 127.0.0.1\nHostKey %2/host\n"
                         "AuthorizedKeysFile %2/user.pub\nPidFile none\nStrictModes no\n"
                         "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
                         "UsePAM no\nPermitRootLogin yes\n")
                  .arg(m_port)
                  .arg(m_folder.path())
              + networkOfThisMachine());
    const auto key = read(m_folder.filePath(QStringLiteral("host.pub"))).split(QLatin1Char(' '));
    write(m_folder.filePath(QStringLiteral("known")),
          QStringLiteral("[127.0.0.1]:%1 %2 %3\n").arg(m_port).arg(key.value(0), key.value(1)));
    return true;
}

QStringList SshServer::wayWith(const QString& key) const
{
    QStringList words {QStringLiteral("--ssh"), QStringLiteral("127.0.0.1")};
    for (const auto& option :
         {QStringLiteral("Port=%1").arg(m_port),
          QStringLiteral("IdentityFile=%1/%2").arg(m_folder.path(), key),
          QStringLiteral("IdentitiesOnly=yes"), QStringLiteral("IdentityAgent=none"),
          QStringLiteral("StrictHostKeyChecking=yes"),
          QStringLiteral("UserKnownHostsFile=%1/known").arg(m_folder.path())})
        words << QStringLiteral("--ssh-option") << option;
    return words;
}

QList<qint64> SshServer::clientsOf(const QString& home, qint64 daemon)
{
    QList<qint64> found;
    for (const auto& entry : QDir(QStringLiteral("/proc")).entryList(QDir::Dirs)) {
        const qint64 pid = entry.toLongLong();
        if (pid <= 0
            || read(QStringLiteral("/proc/%1/comm").arg(pid)).trimmed() != QLatin1String("ssh"))
            continue;
        const auto words = read(QStringLiteral("/proc/%1/cmdline").arg(pid));
        const auto stat = read(QStringLiteral("/proc/%1/stat").arg(pid));
        const auto parent
            = stat.mid(stat.lastIndexOf(QLatin1Char(')'))).split(QLatin1Char(' ')).value(2);
        if (words.contains(home) || parent.toLongLong() == daemon)
            found << pid;
    }
    return found;
}

} // namespace support
