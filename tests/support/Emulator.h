// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <QMap>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

#include <memory>

namespace support {

/// What a finished program printed, both streams together as well.
struct Finished {
    int code = -1;
    QString output;
    QString errors;
    [[nodiscard]] QString all() const { return output + errors; }
};

/// What an emulator is made from, where it is not as usual.
struct Setup {
    QString home; ///< empty: a fresh folder below /tmp
    QString programs; ///< the folder of slip; empty: this build's
    QString modal; ///< the client's program; empty: that of the version
    QStringList wrapper; ///< what starts slip: {"setpriv", "--reuid=1000", …}
    QMap<QString, QString> environment; ///< laid over this process's
};

/// A whole emulator of the programs just built: a home of its own below /tmp, ended with the value.
class Emulator {
public:
    /// `client`: the version of the stock client that slip uses ("1.6.4"); its virtual environment
    /// is made once per build folder.
    explicit Emulator(const QString& client, Setup setup = {});
    ~Emulator();

    [[nodiscard]] bool ready() const { return m_failure.isEmpty(); }
    [[nodiscard]] QString failure() const { return m_failure; }

    /// slip ARGUMENTS… to its end.
    [[nodiscard]] Finished slip(const QStringList& arguments, int seconds = 900) const;

    /// The same, left running.
    [[nodiscard]] std::unique_ptr<QProcess> start(const QStringList& arguments) const;

    /// The process that serves the home, and its worker.
    [[nodiscard]] qint64 daemonPid() const;
    [[nodiscard]] qint64 workerPid() const;

    void useClient(const QString& version);
    /// The Python that has the client.
    [[nodiscard]] QString python() const;
    /// Of programs that are started from now on; an empty value takes a variable away.
    void setVariable(const QString& name, const QString& value);

    [[nodiscard]] QString home() const { return m_setup.home; }
    [[nodiscard]] static QString app(const QString& name);

private:
    [[nodiscard]] QProcessEnvironment environment() const;

    Setup m_setup;
    std::unique_ptr<QTemporaryDir> m_folder; ///< when no home was given
    QString m_modal;
    QString m_failure;
};

} // namespace support
