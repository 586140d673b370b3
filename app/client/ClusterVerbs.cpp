// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/ClusterVerbs.h"

#include <QRegularExpression>

#include <memory>

namespace app::client {

using models::StepState;

QStringList NewTarget::arguments() const
{
    QStringList arguments {QStringLiteral("cluster"), QStringLiteral("add"), name,
                           QStringLiteral("--") + kind, address};
    const std::pair<const char*, QString> rest[] {
        {"--partition", partition}, {"--account", account}, {"--registry", registry}};
    for (const auto& [option, value] : rest)
        if (!value.isEmpty())
            arguments << QLatin1String(option) << value;
    return arguments;
}

QString NewTarget::problem() const
{
    static const QRegularExpression plain(QStringLiteral("^[a-z0-9][a-z0-9._-]{0,62}$"));
    if (name == QLatin1String("local"))
        return ClusterVerbs::tr("The name local is this machine's.");
    if (!plain.match(name).hasMatch())
        return ClusterVerbs::tr("A name is made of small letters, digits, dots and dashes.");
    if (address.isEmpty())
        return kind == QLatin1String("ssh")
            ? ClusterVerbs::tr("Say which host, as you would to ssh.")
            : ClusterVerbs::tr("Say where the socket of its control plane is.");
    // It becomes an argument of a program: nothing that reads as an option.
    for (const auto& value : {address, partition, account, registry})
        if (value.startsWith(u'-'))
            return ClusterVerbs::tr("%1 begins with a dash.").arg(value);
    return {};
}

ClusterVerbs::ClusterVerbs(QString slip, QObject* parent)
    : QObject(parent)
    , m_slip(std::move(slip))
{
    connect(&m_test, &SlipProcess::object, this, &ClusterVerbs::takeStep);
    connect(&m_test, &SlipProcess::finished, this, [this](int code, const QString& problem) {
        bool failed = false;
        for (auto& step : m_steps) {
            if (step.state == StepState::Running)
                step.state = m_test.interrupts() > 0 ? StepState::Skipped : StepState::Failed;
            failed = failed || step.state == StepState::Failed;
        }
        Q_EMIT stepsChanged();
        // Its steps tell more than its last words do.
        Q_EMIT testFinished(code == 0 || m_test.interrupts() > 0 || failed ? QString() : problem);
    });
}

void ClusterVerbs::run(const QStringList& arguments, Done done)
{
    auto* process = new SlipProcess(this);
    auto said = std::make_shared<QString>();
    connect(process, &SlipProcess::object, this, [said](const QJsonObject& json) {
        if (json.contains(QStringLiteral("ok")) && !json[QStringLiteral("ok")].toBool()) {
            QStringList words;
            for (const auto* key : {"what", "why", "fix"})
                if (const auto text = json[QLatin1String(key)].toString(); !text.isEmpty())
                    words << text;
            *said = words.join(QStringLiteral(". "));
        }
    });
    connect(process, &SlipProcess::finished, this,
            [process, said, done = std::move(done)](int code, const QString& problem) {
                process->deleteLater();
                auto why = said->isEmpty() ? problem : *said;
                if (why.startsWith(QLatin1String("slip: ")))
                    why = why.mid(6);
                done(code == 0 && said->isEmpty() ? QString() : why);
            });
    process->start(m_slip, arguments);
}

void ClusterVerbs::add(const NewTarget& target, Done done)
{
    run(target.arguments(), std::move(done));
}

void ClusterVerbs::remove(const QString& name, Done done)
{
    run({QStringLiteral("cluster"), QStringLiteral("remove"), name}, std::move(done));
}

void ClusterVerbs::rollBack(const QString& app, int version, const QString& target, Done done)
{
    run({QStringLiteral("rollback"), app, QString::number(version), QStringLiteral("--target"),
         target, QStringLiteral("--json")},
        std::move(done));
}

void ClusterVerbs::setBudget(const QString& app, const QString& dollars, const QString& target,
                             Done done)
{
    run({QStringLiteral("budget"), app, dollars, QStringLiteral("--target"), target},
        std::move(done));
}

void ClusterVerbs::test(const QString& name)
{
    if (m_test.running())
        return;
    m_tested = name;
    m_steps.clear();
    Q_EMIT stepsChanged();
    m_test.start(
        m_slip,
        {QStringLiteral("cluster"), QStringLiteral("test"), name, QStringLiteral("--json")});
}

void ClusterVerbs::takeStep(const QJsonObject& json)
{
    const auto name = json[QStringLiteral("step")].toString();
    if (name.isEmpty())
        return;
    models::Step step;
    step.name = name;
    step.title = name.left(1).toUpper() + name.mid(1);
    step.state = models::stepState(json[QStringLiteral("state")].toString());
    step.text = json[QStringLiteral("text")].toString();
    step.fix = json[QStringLiteral("fix")].toString();
    step.seconds = json[QStringLiteral("seconds")].toDouble();
    if (step.state == StepState::Running)
        step.since = QDateTime::currentDateTime();
    bool known = false;
    for (auto& old : m_steps)
        if (old.name == name) {
            old = step;
            known = true;
        }
    if (!known)
        m_steps << step;
    Q_EMIT stepsChanged();
}

} // namespace app::client
