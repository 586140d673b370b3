// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/SlipProcess.h"
#include "app/models/DeployModel.h"

#include <functional>

namespace app::client {

/// A target that is to be added; how `slip cluster add` takes it.
struct NewTarget {
    QString name;
    QString kind; ///< "ssh", "socket"
    QString address; ///< a host as ssh knows it, or a path
    QString partition; ///< the rest may be empty
    QString account;
    QString registry;

    [[nodiscard]] QStringList arguments() const;
    /// What keeps it from being added, a sentence; empty: nothing.
    [[nodiscard]] QString problem() const;
};

/// The verbs of `slip` on targets and deployed apps, one child each. GUI thread.
class ClusterVerbs : public QObject {
    Q_OBJECT

public:
    /// `problem` is empty when it went well.
    using Done = std::function<void(const QString& problem)>;

    explicit ClusterVerbs(QString slip, QObject* parent = nullptr);

    void add(const NewTarget& target, Done done);
    void remove(const QString& name, Done done);
    void rollBack(const QString& app, int version, const QString& target, Done done);
    void setBudget(const QString& app, const QString& dollars, const QString& target, Done done);

    /// Tries a target step by step; steps() grows meanwhile.
    void test(const QString& name);
    void stopTest() { m_test.interrupt(); }
    [[nodiscard]] bool testing() const { return m_test.running(); }
    [[nodiscard]] QString tested() const { return m_tested; }
    [[nodiscard]] const QVector<models::Step>& steps() const { return m_steps; }

Q_SIGNALS:
    void stepsChanged();
    void testFinished(const QString& problem);

private:
    void run(const QStringList& arguments, Done done);
    void takeStep(const QJsonObject& json);

    QString m_slip;
    SlipProcess m_test;
    QString m_tested;
    QVector<models::Step> m_steps;
};

} // namespace app::client
