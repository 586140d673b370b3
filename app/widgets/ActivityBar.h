// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QButtonGroup;
class QVBoxLayout;

namespace app::widgets {

/// The column of views at the window's left edge.
class ActivityBar : public QWidget {
    Q_OBJECT

public:
    explicit ActivityBar(QWidget* parent = nullptr);

    /// `id` is what activated() gives; `name` ends the object name: "activity.tasks".
    void add(int id, const QString& name, const QString& title, const QString& icon);
    void setCurrent(int id);
    /// A number beside the title: running tasks. 0 takes it away.
    void setCount(int id, int count);

Q_SIGNALS:
    void activated(int id);

private:
    QButtonGroup* m_group;
    QVBoxLayout* m_layout;
};

} // namespace app::widgets
