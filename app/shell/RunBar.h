// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/AppOutlineModel.h"
#include "emulator/model/Studio.h"

#include <QJsonObject>
#include <QToolBar>

class QComboBox;
class QLineEdit;
class QPushButton;

namespace app::shell {

/// The toolbar: where it runs, what runs, with which arguments, Run, Stop and Deploy, and the field
/// that opens the palette.
class RunBar : public QToolBar {
    Q_OBJECT

public:
    /// `actions` become buttons: Run, Stop, Deploy.
    RunBar(const QList<QAction*>& actions, QAction* palette, QWidget* parent = nullptr);

    /// Where things can run; `current` is picked.
    void setTargets(const std::vector<emulator::model::TargetSummary>& targets,
                    const QString& current);
    void openTargets(); ///< the list, with the focus

    /// The functions to pick from; the picked one stays where it still exists.
    void setFunctions(const QVector<models::AppOutlineModel::Runnable>& functions);
    /// Picks a function; whether it exists.
    bool pick(const QString& file, const QString& function);
    [[nodiscard]] const models::AppOutlineModel::Runnable* picked() const;
    [[nodiscard]] QString argumentLine() const;

    /// Remembered arguments, by "file::function".
    void setRemembered(const QJsonObject& arguments, const QString& picked);
    [[nodiscard]] QJsonObject remembered() const { return m_remembered; }
    [[nodiscard]] QString pickedKey() const;

    /// Marks the arguments as wrong, with the reason; empty: they are right.
    void setArgumentError(const QString& reason);

Q_SIGNALS:
    void targetPicked(const QString& name);
    void targetsRequested(); ///< another one is to be added
    void pickedChanged();
    void argumentsAccepted(); ///< Return was pressed in the arguments

private:
    void pickedNow();
    void check();

    QVector<models::AppOutlineModel::Runnable> m_functions;
    QComboBox* m_target;
    QComboBox* m_function;
    QLineEdit* m_arguments;
    QPushButton* m_search;
    QJsonObject m_remembered;
    QString m_wanted; ///< key of the function that was picked last
};

} // namespace app::shell
