// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/AppOutlineModel.h"

#include <QWidget>

class QTreeView;

namespace app::pages {

/// The app's functions, classes, images and kernels.
class OutlinePanel : public QWidget {
    Q_OBJECT

public:
    explicit OutlinePanel(models::AppOutlineModel* model, QWidget* parent = nullptr);

    [[nodiscard]] QTreeView* tree() const { return m_tree; }

Q_SIGNALS:
    void openRequested(const QString& file, int line);
    void runRequested(const QString& file, const QString& function);

private:
    QTreeView* m_tree;
};

} // namespace app::pages
