// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/ClusterVerbs.h"
#include "app/client/TargetSet.h"
#include "app/models/DeploymentModels.h"

#include <QWidget>

class QLabel;
class QScrollArea;

namespace app::widgets {
class NoticeBar;
class StepList;
} // namespace app::widgets

namespace app::pages {

class RecordPage;
class TargetForm;

/// The places that apps run at: which there are, how they are, their nodes, and whether one can be
/// reached.
class TargetsPage : public QWidget {
    Q_OBJECT

public:
    TargetsPage(client::TargetSet* targets, client::ClusterVerbs* verbs, QWidget* parent = nullptr);

    void openForm();
    void focusFilter();

Q_SIGNALS:
    void useRequested(const QString& name);

private:
    QWidget* makeTest();
    void takeList();
    void takeNodes();
    void choose();
    void act(const QString& action, const QString& name);
    void addTarget();
    void askRemove(const QString& name);
    void showSteps();

    client::TargetSet* m_targets;
    client::ClusterVerbs* m_verbs;
    models::TargetsModel m_list;
    models::NodesModel m_nodes;
    widgets::NoticeBar* m_notice;
    TargetForm* m_form;
    RecordPage* m_table;
    QLabel* m_reason;
    QWidget* m_test;
    QLabel* m_testTitle;
    widgets::StepList* m_steps;
    RecordPage* m_nodesPage;
};

} // namespace app::pages
