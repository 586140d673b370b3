// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/TargetForm.h"

#include "app/widgets/Naming.h"
#include "app/widgets/Theme.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace app::pages {

using widgets::named;

TargetForm::TargetForm(QWidget* parent)
    : QFrame(parent)
    , m_name(named(new QLineEdit(this), "targetForm.name", tr("Name of the target")))
    , m_kind(named(new QComboBox(this), "targetForm.kind", tr("How it is reached")))
    , m_address(named(new QLineEdit(this), "targetForm.address", tr("Host or socket")))
    , m_partition(named(new QLineEdit(this), "targetForm.partition", tr("Partition")))
    , m_account(named(new QLineEdit(this), "targetForm.account", tr("Account")))
    , m_registry(named(new QLineEdit(this), "targetForm.registry", tr("Registry")))
    , m_problem(named(new QLabel(this), "targetForm.problem", tr("What is wrong")))
    , m_add(named(new QPushButton(tr("Add target"), this), "targetForm.add", tr("Add target")))
    , m_cancel(named(new QPushButton(tr("Cancel"), this), "targetForm.cancel", tr("Cancel")))
{
    widgets::name(this, "targetForm", tr("Add a target"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    auto* title
        = named(new QLabel(tr("Add a target"), this), "targetForm.title", tr("Add a target"));
    auto bold = title->font();
    bold.setBold(true);
    title->setFont(bold);
    m_kind->addItem(tr("through ssh"), QStringLiteral("ssh"));
    m_kind->addItem(tr("a socket on this machine"), QStringLiteral("socket"));
    m_name->setPlaceholderText(QStringLiteral("hpc"));
    m_partition->setPlaceholderText(tr("the engine's default"));
    m_account->setPlaceholderText(tr("the engine's default"));
    m_registry->setPlaceholderText(tr("what the target says of itself"));
    m_add->setProperty("primary", true);
    m_problem->setWordWrap(true);
    m_problem->hide();
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(18);
    form->setVerticalSpacing(8);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->addRow(tr("Name"), m_name);
    form->addRow(tr("Reached"), m_kind);
    form->addRow(tr("Address"), m_address);
    form->addRow(tr("Partition"), m_partition);
    form->addRow(tr("Account"), m_account);
    form->addRow(tr("Registry"), m_registry);
    for (int row = 0; row < form->rowCount(); ++row)
        if (auto* label = form->itemAt(row, QFormLayout::LabelRole)->widget()) {
            label->setObjectName(QStringLiteral("targetForm.label"));
            label->setEnabled(false);
        }
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_add);
    buttons->addWidget(m_cancel);
    buttons->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 14, 20, 14);
    layout->setSpacing(10);
    layout->addWidget(title);
    layout->addLayout(form);
    layout->addWidget(m_problem);
    layout->addLayout(buttons);
    setMaximumWidth(640);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &TargetForm::kindChanged);
    connect(m_add, &QPushButton::clicked, this, &TargetForm::submit);
    connect(m_cancel, &QPushButton::clicked, this, &TargetForm::cancelled);
    kindChanged();
    hide();
}

void TargetForm::kindChanged()
{
    const bool ssh = m_kind->currentData() == QStringLiteral("ssh");
    m_address->setPlaceholderText(ssh ? tr("login.cluster.example, as ssh knows it")
                                      : tr("/run/user/1000/slipway/studio.sock"));
}

void TargetForm::open()
{
    for (auto* edit : {m_name, m_address, m_partition, m_account, m_registry})
        edit->clear();
    setProblem({});
    setBusy(false);
    show();
    m_name->setFocus();
}

void TargetForm::setBusy(bool busy)
{
    m_add->setEnabled(!busy);
    m_add->setText(busy ? tr("Adding…") : tr("Add target"));
}

void TargetForm::setProblem(const QString& problem)
{
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
    m_problem->setStyleSheet(QStringLiteral("color: ")
                             + widgets::coloursOf(palette()).error.name());
}

client::NewTarget TargetForm::value() const
{
    return {m_name->text().trimmed(),    m_kind->currentData().toString(),
            m_address->text().trimmed(), m_partition->text().trimmed(),
            m_account->text().trimmed(), m_registry->text().trimmed()};
}

void TargetForm::submit()
{
    const auto problem = value().problem();
    setProblem(problem);
    if (!problem.isEmpty())
        return;
    setBusy(true);
    Q_EMIT submitted();
}

void TargetForm::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        Q_EMIT cancelled();
    else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
             && m_add->isEnabled())
        submit();
    else
        QFrame::keyPressEvent(event);
}

} // namespace app::pages
