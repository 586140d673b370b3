// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/ProblemsPanel.h"

#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"

#include <QAction>
#include <QHeaderView>
#include <QIdentityProxyModel>
#include <QLabel>
#include <QMenu>
#include <QTreeView>
#include <QVBoxLayout>

namespace app::pages {

using models::ProblemsModel;

namespace {

class Decorated final : public QIdentityProxyModel {
public:
    using QIdentityProxyModel::QIdentityProxyModel;

    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override
    {
        if (role != Qt::DecorationRole || index.column() != ProblemsModel::Message)
            return QIdentityProxyModel::data(index, role);
        const auto& problem
            = static_cast<const ProblemsModel*>(sourceModel())->problem(index.row());
        return problem.severity == models::Problem::Severity::Error
            ? widgets::icon(QStringLiteral("error"), widgets::IconColour::Error)
            : widgets::icon(QStringLiteral("warning"), widgets::IconColour::Warning);
    }
};

} // namespace

ProblemsPanel::ProblemsPanel(ProblemsModel* model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_list(widgets::named(new QTreeView(this), "problems.list", tr("Problems")))
{
    widgets::name(this, "problems.panel", tr("Problems"));
    auto* decorated = new Decorated(this);
    decorated->setSourceModel(model);
    m_list->setModel(decorated);
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(ProblemsModel::Message, QHeaderView::Stretch);
    m_list->header()->setSectionResizeMode(ProblemsModel::Place, QHeaderView::ResizeToContents);
    m_list->header()->setSectionResizeMode(ProblemsModel::Origin, QHeaderView::ResizeToContents);
    auto* empty = widgets::named(new QLabel(tr("No problems. Errors of a run appear here."), this),
                                 "problems.empty", tr("No problems"));
    empty->setAlignment(Qt::AlignCenter);
    empty->setEnabled(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_list);
    layout->addWidget(empty);
    const auto open = [this, model](const QModelIndex& index) {
        const auto& problem = model->problem(index.row());
        if (!problem.file.isEmpty())
            Q_EMIT openRequested(problem.file, problem.line);
    };
    connect(m_list, &QTreeView::clicked, this, open);
    connect(m_list, &QTreeView::activated, this, open);
    setFocusProxy(m_list);
    auto* fix = new QAction(tr("Quick fix"), m_list);
    fix->setObjectName(QStringLiteral("problems.fix"));
    fix->setShortcut(Qt::ALT | Qt::Key_Return);
    fix->setShortcutContext(Qt::WidgetShortcut);
    m_list->addAction(fix);
    connect(fix, &QAction::triggered, this, &ProblemsPanel::offerReplacements);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_list, &QTreeView::customContextMenuRequested, this, [this](const QPoint& at) {
        m_list->setCurrentIndex(m_list->indexAt(at));
        offerReplacements();
    });
    const auto update = [this, model, empty] {
        m_list->setVisible(model->rowCount() > 0);
        empty->setVisible(model->rowCount() == 0);
    };
    connect(model, &QAbstractItemModel::modelReset, this, update);
    update();
}

void ProblemsPanel::offerReplacements()
{
    const auto index = m_list->currentIndex();
    if (!index.isValid() || m_model->problem(index.row()).replacements.isEmpty())
        return;
    const auto problem = m_model->problem(index.row());
    auto* menu = widgets::named(new QMenu(tr("Quick fix"), this), "problems.menu", tr("Quick fix"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (const auto& replacement : problem.replacements) {
        auto* action = menu->addAction(
            tr("Replace %1 by %2").arg(problem.written, replacement), this,
            [this, problem, replacement] { Q_EMIT replaceRequested(problem, replacement); });
        action->setObjectName(QStringLiteral("problems.replace.") + replacement);
    }
    menu->popup(m_list->viewport()->mapToGlobal(m_list->visualRect(index).bottomLeft()));
}

} // namespace app::pages
