// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/ProjectPanel.h"

#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"
#include "app/widgets/Theme.h"

#include <QGuiApplication>
#include <QHeaderView>
#include <QIdentityProxyModel>
#include <QTreeView>
#include <QVBoxLayout>

#include <functional>

namespace app::pages {

using models::ProjectTreeModel;

namespace {

/// Adds what only a widget knows: icons and git's colours.
class Decorated final : public QIdentityProxyModel {
public:
    using QIdentityProxyModel::QIdentityProxyModel;

    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override
    {
        if (role == Qt::DecorationRole && index.column() == ProjectTreeModel::Name)
            return iconOf(index);
        if (role == Qt::ForegroundRole)
            return colourOf(index.data(ProjectTreeModel::GitRole).toString());
        if (role == Qt::TextAlignmentRole && index.column() == ProjectTreeModel::Git)
            return int(Qt::AlignCenter);
        return QIdentityProxyModel::data(index, role);
    }

private:
    static QVariant iconOf(const QModelIndex& index)
    {
        using widgets::IconColour;
        const auto name = index.data().toString();
        if (index.data(ProjectTreeModel::FolderRole).toBool())
            return widgets::icon(QStringLiteral("folder"), IconColour::Muted);
        if (name.endsWith(QLatin1String(".py")))
            return widgets::icon(QStringLiteral("file-python"), IconColour::Accent);
        if (name.endsWith(QLatin1String(".cu")) || name.endsWith(QLatin1String(".cuh")))
            return widgets::icon(QStringLiteral("file-cuda"), IconColour::Success);
        return widgets::icon(QStringLiteral("file"), IconColour::Muted);
    }

    static QVariant colourOf(const QString& letter)
    {
        const auto& colours = widgets::coloursOf(QGuiApplication::palette());
        if (letter == QLatin1String("M") || letter == QLatin1String("R")
            || letter == QLatin1String("•"))
            return colours.warning;
        if (letter == QLatin1String("A") || letter == QLatin1String("U"))
            return colours.success;
        if (letter == QLatin1String("D") || letter == QLatin1String("C"))
            return colours.error;
        return {};
    }
};

} // namespace

ProjectPanel::ProjectPanel(ProjectTreeModel* model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_tree(widgets::named(new QTreeView(this), "project.tree", tr("Files of the project")))
{
    widgets::name(this, "project.panel", tr("Project"));
    auto* decorated = new Decorated(this);
    decorated->setSourceModel(model);
    m_tree->setModel(decorated);
    m_tree->setHeaderHidden(true);
    m_tree->setUniformRowHeights(true);
    m_tree->setIndentation(14);
    m_tree->setIconSize({16, 16});
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(ProjectTreeModel::Name, QHeaderView::Stretch);
    m_tree->header()->setSectionResizeMode(ProjectTreeModel::Git, QHeaderView::Fixed);
    m_tree->header()->resizeSection(ProjectTreeModel::Git, 28);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_tree);
    const auto openFile = [this](const QModelIndex& index) {
        if (!index.data(ProjectTreeModel::FolderRole).toBool())
            Q_EMIT openRequested(index.data(ProjectTreeModel::PathRole).toString());
    };
    connect(m_tree, &QTreeView::clicked, this, openFile);
    connect(m_tree, &QTreeView::activated, this, openFile);
    connect(model, &QAbstractItemModel::modelAboutToBeReset, this, &ProjectPanel::rememberExpanded);
    connect(
        decorated, &QAbstractItemModel::modelReset, this,
        [this] {
            if (m_model->folder() != m_folder && m_model->rowCount() > 0) {
                m_folder = m_model->folder();
                m_expanded.clear();
                // A fresh folder shows the first level of small folders.
                for (int row = 0; row < m_model->rowCount(); ++row) {
                    const auto index = m_model->index(row, 0);
                    if (m_model->rowCount(index) > 0 && m_model->rowCount(index) <= 8)
                        m_expanded << index.data(ProjectTreeModel::PathRole).toString();
                }
            }
            restoreExpanded({});
        },
        Qt::QueuedConnection);
}

void ProjectPanel::rememberExpanded()
{
    const std::function<void(const QModelIndex&)> visit = [&](const QModelIndex& above) {
        const auto* shown = m_tree->model();
        for (int row = 0; row < shown->rowCount(above); ++row) {
            const auto index = shown->index(row, 0, above);
            const auto path = index.data(ProjectTreeModel::PathRole).toString();
            if (m_tree->isExpanded(index)) {
                m_expanded << path;
                visit(index);
            } else
                m_expanded.remove(path);
        }
    };
    visit({});
}

void ProjectPanel::restoreExpanded(const QModelIndex& above)
{
    const auto* shown = m_tree->model();
    for (int row = 0; row < shown->rowCount(above); ++row) {
        const auto index = shown->index(row, 0, above);
        if (!m_expanded.contains(index.data(ProjectTreeModel::PathRole).toString()))
            continue;
        m_tree->expand(index);
        restoreExpanded(index);
    }
}

void ProjectPanel::reveal(const QString& path)
{
    if (!path.startsWith(m_model->folder() + u'/'))
        return;
    const auto source = m_model->indexOf(path.mid(m_model->folder().size() + 1));
    if (!source.isValid())
        return;
    const auto index = static_cast<QIdentityProxyModel*>(m_tree->model())->mapFromSource(source);
    m_tree->setCurrentIndex(index);
    m_tree->scrollTo(index);
}

} // namespace app::pages
