// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

namespace support {

/// An sshd of its own on loopback, with its own host key and one user key, that lets the user in
/// who runs the test. Ended with the value.
class SshServer {
public:
    SshServer();
    ~SshServer();

    /// Empty when it serves; else why it cannot, for a SKIP.
    [[nodiscard]] QString failure() const { return m_failure; }

    /// `slip cluster add`'s options that lead to it: --ssh 127.0.0.1 --ssh-option …
    [[nodiscard]] QStringList way() const { return wayWith(QStringLiteral("user")); }
    /// The same with a key that it does not take.
    [[nodiscard]] QStringList wayWithWrongKey() const { return wayWith(QStringLiteral("other")); }

    /// The processes of ssh that a home has started: the daemon's, and those it shares.
    [[nodiscard]] static QList<qint64> clientsOf(const QString& home, qint64 daemon);

private:
    [[nodiscard]] QStringList wayWith(const QString& key) const;
    [[nodiscard]] bool prepare();

    QTemporaryDir m_folder;
    QProcess m_server;
    QString m_failure;
    int m_port = 0;
};

} // namespace support
