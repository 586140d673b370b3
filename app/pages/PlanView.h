// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/DeployPlan.h"

#include <QWidget>

class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QTreeView;
class QVBoxLayout;

namespace app::pages {

/// What a deploy would do, to be read before it is confirmed: where, which functions change, which
/// image goes, what it costs, and what stands in the way.
class PlanView : public QWidget {
    Q_OBJECT

public:
    explicit PlanView(QWidget* parent = nullptr);

    void setPlan(const models::DeployPlan& plan);
    [[nodiscard]] QString strategy() const; ///< "rolling", "recreate"
    [[nodiscard]] QString budget() const; ///< dollars as typed, without the sign
    [[nodiscard]] bool acceptable() const; ///< no blocker, and the budget is a number

Q_SIGNALS:
    void edited();
    void accepted(); ///< Return in the budget

protected:
    void changeEvent(QEvent* event) override;

private:
    void showTroubles();
    void showFacts();
    QLabel* addFact(const QString& name, const QString& title, const QString& text,
                    const QString& tip = {});
    void addImageFact(const models::PlanImage& image, int number);
    void fitTable();

    models::DeployPlan m_plan;
    models::PlanFunctionsModel m_functions;
    QWidget* m_troubles;
    QVBoxLayout* m_troubleRows;
    QLabel* m_versions;
    QLabel* m_changes;
    QTreeView* m_table;
    QWidget* m_facts;
    QGridLayout* m_factRows;
    QLineEdit* m_budget;
    QComboBox* m_strategy;
};

} // namespace app::pages
