// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/ProblemsModel.h"

#include <QWidget>

class QTreeView;

namespace app::pages {

/// The list of problems; a click goes to the line, the context menu (or Alt+Return) offers what to
/// write instead.
class ProblemsPanel : public QWidget {
    Q_OBJECT

public:
    explicit ProblemsPanel(models::ProblemsModel* model, QWidget* parent = nullptr);

    [[nodiscard]] QTreeView* list() const { return m_list; }

Q_SIGNALS:
    void openRequested(const QString& file, int line);
    void replaceRequested(const app::models::Problem& problem, const QString& replacement);

private:
    void offerReplacements();

    models::ProblemsModel* m_model;
    QTreeView* m_list;
};

} // namespace app::pages
