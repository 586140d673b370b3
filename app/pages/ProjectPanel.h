// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/ProjectTreeModel.h"

#include <QSet>
#include <QWidget>

class QTreeView;

namespace app::pages {

/// The tree of the opened folder.
class ProjectPanel : public QWidget {
    Q_OBJECT

public:
    explicit ProjectPanel(models::ProjectTreeModel* model, QWidget* parent = nullptr);

    [[nodiscard]] QTreeView* tree() const { return m_tree; }
    void reveal(const QString& path);

Q_SIGNALS:
    void openRequested(const QString& path);

private:
    void rememberExpanded();
    void restoreExpanded(const QModelIndex& above);

    models::ProjectTreeModel* m_model;
    QTreeView* m_tree;
    QSet<QString> m_expanded;
    QString m_folder; ///< whose expansion is remembered
};

} // namespace app::pages
