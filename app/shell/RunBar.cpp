// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/shell/RunBar.h"

#include "app/models/Arguments.h"
#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"

#include <QAbstractItemView>
#include <QAction>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>

#include <algorithm>

namespace app::shell {

using models::AppOutlineModel;
using widgets::named;

namespace {

QString keyOf(const AppOutlineModel::Runnable& runnable)
{
    return runnable.file + QStringLiteral("::") + runnable.entry.name;
}

/// "Emulator", "hpc · Slurm 22.05.8"
QString titleOf(const emulator::model::TargetSummary& target)
{
    if (target.kind == "local")
        return RunBar::tr("Emulator · this machine");
    auto title = QString::fromStdString(target.name);
    const auto engine = QString::fromStdString(target.engine).section(u'(', 0, 0).trimmed();
    if (target.state == "offline")
        return title + QStringLiteral(" · ") + RunBar::tr("offline");
    return engine.isEmpty() ? title : title + QStringLiteral(" · ") + engine;
}

} // namespace

RunBar::RunBar(const QList<QAction*>& actions, QAction* palette, QWidget* parent)
    : QToolBar(tr("Run"), parent)
    , m_target(named(new QComboBox(this), "run.target", tr("Target: where it runs")))
    , m_function(named(new QComboBox(this), "run.function", tr("Function to run")))
    , m_arguments(named(new QLineEdit(this), "run.arguments", tr("Arguments of the function")))
    , m_search(named(new QPushButton(this), "run.palette", tr("Search or run a command")))
{
    widgets::name(this, "run.bar", tr("Run"));
    setMovable(false);
    setFloatable(false);
    setContextMenuPolicy(Qt::PreventContextMenu);
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    setIconSize({16, 16});
    m_target->setMinimumWidth(150);
    m_target->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_function->setMinimumWidth(190);
    m_function->setMaxVisibleItems(24);
    m_function->setPlaceholderText(tr("No function"));
    m_arguments->setMinimumWidth(220);
    m_arguments->setMaximumWidth(380);
    m_arguments->setClearButtonEnabled(true);
    m_search->setText(tr("Search or run a command   %1")
                          .arg(palette->shortcut().toString(QKeySequence::NativeText)));
    m_search->setIcon(widgets::icon(QStringLiteral("search"), widgets::IconColour::Muted));
    m_search->setMinimumWidth(280);
    m_search->setStyleSheet(
        QStringLiteral("text-align: left; padding: 3px 10px; font-weight: 400"));
    m_search->setFocusPolicy(Qt::TabFocus);
    auto* spacer = named(new QWidget(this), "run.spacer", tr("Space"));
    spacer->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    addWidget(m_target);
    addWidget(m_function);
    addWidget(m_arguments);
    for (auto* action : actions) {
        addAction(action);
        auto* button = widgetForAction(action);
        button->setObjectName(QStringLiteral("run.button.")
                              + action->objectName().section(u'.', -1));
        button->setAccessibleName(action->text());
    }
    addWidget(spacer);
    addWidget(m_search);
    connect(m_search, &QPushButton::clicked, palette, &QAction::trigger);
    connect(m_target, &QComboBox::activated, this, [this](int index) {
        const auto name = m_target->itemData(index).toString();
        if (!name.isEmpty()) {
            Q_EMIT targetPicked(name);
            return;
        }
        m_target->setCurrentIndex(
            std::max(0, m_target->findData(m_target->property("current").toString())));
        Q_EMIT targetsRequested();
    });
    connect(m_function, &QComboBox::activated, this, [this] {
        m_wanted = pickedKey();
        pickedNow();
    });
    connect(m_arguments, &QLineEdit::textEdited, this, [this] {
        if (picked() != nullptr)
            m_remembered[pickedKey()] = m_arguments->text();
        check();
    });
    connect(m_arguments, &QLineEdit::returnPressed, this, &RunBar::argumentsAccepted);
    setFunctions({});
}

void RunBar::setTargets(const std::vector<emulator::model::TargetSummary>& targets,
                        const QString& current)
{
    // While the list is open, it stays as it is.
    if (m_target->view()->isVisible())
        return;
    m_target->clear();
    for (const auto& target : targets) {
        const bool up = target.state == "connected";
        const auto state = QString::fromStdString(target.state);
        m_target->addItem(widgets::icon(QStringLiteral("dot"),
                                        up ? widgets::IconColour::Success
                                            : target.state == "offline"
                                            ? widgets::IconColour::Error
                                            : widgets::IconColour::Warning),
                          titleOf(target), QString::fromStdString(target.name));
        const auto reason = QString::fromStdString(target.reason);
        m_target->setItemData(m_target->count() - 1,
                              reason.isEmpty() || up ? state
                                                     : state + QStringLiteral(": ") + reason,
                              Qt::ToolTipRole);
    }
    m_target->insertSeparator(m_target->count());
    m_target->addItem(widgets::icon(QStringLiteral("add")), tr("Add a target…"));
    const int index = std::max(0, m_target->findData(current));
    m_target->setCurrentIndex(index);
    m_target->setProperty("current", current);
    m_target->setToolTip(
        current == QLatin1String("local")
            ? tr("Functions run on this machine; GPUs are emulated")
            : tr("Runs and deploys go to %1: %2")
                  .arg(current, m_target->itemData(index, Qt::ToolTipRole).toString()));
}

void RunBar::openTargets()
{
    m_target->setFocus();
    m_target->showPopup();
}

void RunBar::setFunctions(const QVector<AppOutlineModel::Runnable>& functions)
{
    m_functions = functions;
    m_function->clear();
    bool oneFile = true;
    for (const auto& runnable : functions)
        oneFile = oneFile && runnable.file == functions.front().file;
    for (const auto& runnable : functions) {
        auto title = runnable.entry.name;
        if (!oneFile)
            title += QStringLiteral("  ·  ") + runnable.file.section(u'/', -1);
        const bool entry = runnable.entry.kind == models::OutlineEntry::Kind::EntryPoint;
        m_function->addItem(
            entry ? widgets::icon(QStringLiteral("entry"), widgets::IconColour::Success)
                  : widgets::icon(QStringLiteral("function"), widgets::IconColour::Accent),
            title);
    }
    int index = functions.isEmpty() ? -1 : 0;
    for (qsizetype i = 0; i < functions.size(); ++i)
        if (keyOf(functions[i]) == m_wanted)
            index = static_cast<int>(i);
    m_function->setCurrentIndex(index);
    m_function->setEnabled(index >= 0);
    m_arguments->setEnabled(index >= 0);
    pickedNow();
}

bool RunBar::pick(const QString& file, const QString& function)
{
    for (qsizetype i = 0; i < m_functions.size(); ++i) {
        if (m_functions[i].file != file || m_functions[i].entry.name != function)
            continue;
        m_function->setCurrentIndex(static_cast<int>(i));
        m_wanted = pickedKey();
        pickedNow();
        return true;
    }
    return false;
}

const AppOutlineModel::Runnable* RunBar::picked() const
{
    const auto index = m_function->currentIndex();
    return index >= 0 && index < m_functions.size() ? &m_functions[index] : nullptr;
}

QString RunBar::pickedKey() const
{
    return picked() == nullptr ? QString() : keyOf(*picked());
}
QString RunBar::argumentLine() const
{
    return m_arguments->text();
}

void RunBar::setRemembered(const QJsonObject& arguments, const QString& pickedBefore)
{
    m_remembered = arguments;
    m_wanted = pickedBefore;
}

void RunBar::pickedNow()
{
    const auto* runnable = picked();
    const auto line = runnable == nullptr ? QString() : m_remembered[pickedKey()].toString();
    if (m_arguments->text() != line)
        m_arguments->setText(line);
    m_arguments->setPlaceholderText(runnable == nullptr ? tr("Arguments")
                                                        : models::argumentHint(runnable->entry));
    check();
    Q_EMIT pickedChanged();
}

/// While typing, only what is there is judged; what is missing is said when Run is pressed.
void RunBar::check()
{
    const auto* runnable = picked();
    if (runnable == nullptr || m_arguments->text().trimmed().isEmpty()) {
        setArgumentError({});
        return;
    }
    auto lenient = runnable->entry;
    for (auto& parameter : lenient.parameters)
        if (parameter.defaultValue.isEmpty())
            parameter.defaultValue = QStringLiteral("…");
    const auto arguments = models::runArguments(m_arguments->text(), lenient);
    setArgumentError(arguments ? QString() : QString::fromStdString(arguments.error().message()));
}

void RunBar::setArgumentError(const QString& reason)
{
    m_arguments->setToolTip(reason);
    if (m_arguments->property("invalid").toBool() == !reason.isEmpty())
        return;
    m_arguments->setProperty("invalid", !reason.isEmpty());
    m_arguments->style()->unpolish(m_arguments);
    m_arguments->style()->polish(m_arguments);
}

} // namespace app::shell
