// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/SettingsPage.h"

#include "app/widgets/Naming.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QSpinBox>
#include <QVBoxLayout>

namespace app::pages {

SettingsPage::SettingsPage(QWidget* parent)
    : QWidget(parent)
    , m_theme(widgets::named(new QComboBox(this), "settings.theme", tr("Theme")))
    , m_fontSize(
          widgets::named(new QSpinBox(this), "settings.fontSize", tr("Size of code and logs")))
    , m_places(widgets::named(new QLabel(this), "settings.places", tr("Where settings are kept")))
{
    widgets::name(this, "settings.page", tr("Settings"));
    auto* title
        = widgets::named(new QLabel(tr("Settings"), this), "settings.title", tr("Settings"));
    auto large = title->font();
    large.setPointSize(large.pointSize() + 3);
    large.setBold(true);
    title->setFont(large);
    m_theme->addItem(tr("As the desktop"), QStringLiteral("system"));
    m_theme->addItem(tr("Light"), QStringLiteral("light"));
    m_theme->addItem(tr("Dark"), QStringLiteral("dark"));
    m_fontSize->setRange(7, 32);
    m_fontSize->setSuffix(tr(" pt"));
    m_theme->setMinimumWidth(180);
    m_places->setEnabled(false);
    m_places->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(24);
    form->setVerticalSpacing(12);
    form->addRow(tr("Theme"), m_theme);
    form->addRow(tr("Size of code and logs"), m_fontSize);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(24, 20, 24, 20);
    layout->setSpacing(18);
    layout->addWidget(title);
    layout->addLayout(form);
    layout->addWidget(m_places);
    layout->addStretch();
    form->setFieldGrowthPolicy(QFormLayout::FieldsStayAtSizeHint);
    connect(m_theme, &QComboBox::activated, this,
            [this](int index) { Q_EMIT themeChosen(m_theme->itemData(index).toString()); });
    connect(m_fontSize, &QSpinBox::valueChanged, this, &SettingsPage::fontSizeChosen);
    for (auto* label : findChildren<QLabel*>())
        if (label->objectName().isEmpty())
            label->setObjectName(QStringLiteral("settings.label"));
}

void SettingsPage::set(const QString& theme, int fontSize)
{
    m_theme->setCurrentIndex(m_theme->findData(theme));
    const QSignalBlocker blocker(m_fontSize);
    m_fontSize->setValue(fontSize);
}

void SettingsPage::setPlaces(const QString& settingsFile, const QString& home)
{
    m_places->setText(tr("Settings and session: %1\nEmulator: %2").arg(settingsFile, home));
}

} // namespace app::pages
