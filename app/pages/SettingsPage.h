// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QSpinBox;

namespace app::pages {

/// Theme and font size; what is chosen holds at once.
class SettingsPage : public QWidget {
    Q_OBJECT

public:
    explicit SettingsPage(QWidget* parent = nullptr);

    void set(const QString& theme, int fontSize);
    /// Where the settings are kept, for those who look for the file.
    void setPlaces(const QString& settingsFile, const QString& home);

Q_SIGNALS:
    void themeChosen(const QString& theme); ///< "light", "dark", "system"
    void fontSizeChosen(int points);

private:
    QComboBox* m_theme;
    QSpinBox* m_fontSize;
    QLabel* m_places;
};

} // namespace app::pages
