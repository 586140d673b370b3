// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <QVector>
#include <QWidget>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace app::pages {

/// A line of `slip doctor`.
struct EnvironmentCheck {
    enum class State { Good, Limited, Bad };

    State state = State::Good;
    QString title;
    QString detail;
};

/// Reads what `slip doctor --json` prints: {"checks": [{"subject", "good", "says", "advice"}]}.
/// What it cannot read gives one Bad check that says so.
[[nodiscard]] QVector<EnvironmentCheck> readChecks(const QByteArray& json);

/// The first page: where to begin, and whether this machine can.
class WelcomePage : public QWidget {
    Q_OBJECT

public:
    explicit WelcomePage(QWidget* parent = nullptr);

    void setRecent(const QStringList& folders);
    void setSampleAvailable(bool available);
    void setChecks(const QVector<EnvironmentCheck>& checks);

Q_SIGNALS:
    void openRequested(); ///< any folder
    void folderRequested(const QString& folder);
    void sampleRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    QVector<EnvironmentCheck> m_shownChecks;
    QPushButton* m_open;
    QPushButton* m_sample;
    QVBoxLayout* m_recent;
    QVBoxLayout* m_checks;
    QWidget* m_recentBox;
    QWidget* m_checkBox;
};

} // namespace app::pages
