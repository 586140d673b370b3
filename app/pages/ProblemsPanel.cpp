// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/ProblemsPanel.h"

#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"

#include <QHeaderView>
#include <QIdentityProxyModel>
#include <QLabel>
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
    const auto update = [this, model, empty] {
        m_list->setVisible(model->rowCount() > 0);
        empty->setVisible(model->rowCount() == 0);
    };
    connect(model, &QAbstractItemModel::modelReset, this, update);
    update();
}

} // namespace app::pages
