// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/OutlinePanel.h"

#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"
#include "app/widgets/Theme.h"

#include <QGuiApplication>
#include <QHeaderView>
#include <QIdentityProxyModel>
#include <QLabel>
#include <QMenu>
#include <QTreeView>
#include <QVBoxLayout>

namespace app::pages {

using models::AppOutlineModel;
using Kind = models::OutlineEntry::Kind;

namespace {

QIcon iconOf(int kind)
{
    using widgets::icon;
    using widgets::IconColour;
    switch (kind) {
    case int(Kind::App):
        return icon(QStringLiteral("app"), IconColour::Accent);
    case int(Kind::Function):
    case int(Kind::Method):
        return icon(QStringLiteral("function"), IconColour::Accent);
    case int(Kind::Lifecycle):
        return icon(QStringLiteral("function"), IconColour::Muted);
    case int(Kind::EntryPoint):
        return icon(QStringLiteral("entry"), IconColour::Success);
    case int(Kind::Class):
        return icon(QStringLiteral("class"), IconColour::Warning);
    case int(Kind::Image):
        return icon(QStringLiteral("images"), IconColour::Muted);
    case int(Kind::Volume):
        return icon(QStringLiteral("volume"), IconColour::Muted);
    case int(Kind::Secret):
        return icon(QStringLiteral("secret"), IconColour::Muted);
    case int(Kind::Kernel):
        return icon(QStringLiteral("kernel"), IconColour::Success);
    default:
        return {};
    }
}

class Decorated final : public QIdentityProxyModel {
public:
    using QIdentityProxyModel::QIdentityProxyModel;

    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override
    {
        const auto& colours = widgets::coloursOf(QGuiApplication::palette());
        const int kind = QIdentityProxyModel::data(index, AppOutlineModel::KindRole).toInt();
        if (role == Qt::DecorationRole && index.column() == AppOutlineModel::Name && kind >= 0)
            return iconOf(kind);
        if (role == Qt::ForegroundRole && index.column() == AppOutlineModel::Detail)
            return colours.muted;
        if (role == Qt::ForegroundRole && kind < 0)
            return colours.muted;
        if (role == Qt::TextAlignmentRole && index.column() == AppOutlineModel::Detail)
            return int(Qt::AlignRight | Qt::AlignVCenter);
        return QIdentityProxyModel::data(index, role);
    }
};

} // namespace

OutlinePanel::OutlinePanel(AppOutlineModel* model, QWidget* parent)
    : QWidget(parent)
    , m_tree(widgets::named(new QTreeView(this), "outline.tree", tr("Functions of the app")))
{
    widgets::name(this, "outline.panel", tr("App"));
    auto* decorated = new Decorated(this);
    decorated->setSourceModel(model);
    m_tree->setModel(decorated);
    m_tree->setHeaderHidden(true);
    m_tree->setUniformRowHeights(true);
    m_tree->setIndentation(14);
    m_tree->setIconSize({16, 16});
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(AppOutlineModel::Name, QHeaderView::Stretch);
    m_tree->header()->setSectionResizeMode(AppOutlineModel::Detail, QHeaderView::ResizeToContents);
    m_tree->setContextMenuPolicy(Qt::CustomContextMenu);
    auto* empty = widgets::named(
        new QLabel(tr("No app yet.\nA file with modal.App(…) shows its functions here."), this),
        "outline.empty", tr("No app"));
    empty->setAlignment(Qt::AlignCenter);
    empty->setWordWrap(true);
    empty->setEnabled(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_tree);
    layout->addWidget(empty);
    const auto open = [this](const QModelIndex& index) {
        const auto file = index.data(AppOutlineModel::FileRole).toString();
        if (!file.isEmpty())
            Q_EMIT openRequested(file, index.data(AppOutlineModel::LineRole).toInt());
    };
    connect(m_tree, &QTreeView::clicked, this, open);
    connect(m_tree, &QTreeView::activated, this, open);
    connect(m_tree, &QTreeView::customContextMenuRequested, this, [this](QPoint point) {
        const auto index = m_tree->indexAt(point).siblingAtColumn(0);
        if (!index.data(AppOutlineModel::RunnableRole).toBool())
            return;
        auto* menu = new QMenu(m_tree);
        menu->setObjectName(QStringLiteral("outline.menu"));
        menu->setAttribute(Qt::WA_DeleteOnClose);
        const auto function = index.data(AppOutlineModel::NameRole).toString();
        const auto file = index.data(AppOutlineModel::FileRole).toString();
        menu->addAction(widgets::icon(QStringLiteral("run"), widgets::IconColour::Success),
                        tr("Run %1").arg(function), this,
                        [this, file, function] { Q_EMIT runRequested(file, function); });
        menu->popup(m_tree->viewport()->mapToGlobal(point));
    });
    const auto update = [this, empty, model] {
        const bool any = model->rowCount() > 0;
        m_tree->setVisible(any);
        empty->setVisible(!any);
        m_tree->expandAll();
    };
    connect(decorated, &QAbstractItemModel::modelReset, this, update, Qt::QueuedConnection);
    update();
}

} // namespace app::pages
