// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/ClusterVerbs.h"

#include <QFrame>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace app::pages {

/// What is asked to add a target; opens within its page.
class TargetForm : public QFrame {
    Q_OBJECT

public:
    explicit TargetForm(QWidget* parent = nullptr);

    void open(); ///< empty, with the focus in the name
    void setBusy(bool busy);
    /// Why it was not added, under the fields.
    void setProblem(const QString& problem);
    [[nodiscard]] client::NewTarget value() const;

Q_SIGNALS:
    void submitted();
    void cancelled();

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void submit();
    void kindChanged();

    QLineEdit* m_name;
    QComboBox* m_kind;
    QLineEdit* m_address;
    QLineEdit* m_partition;
    QLineEdit* m_account;
    QLineEdit* m_registry;
    QLabel* m_problem;
    QPushButton* m_add;
    QPushButton* m_cancel;
};

} // namespace app::pages
