// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/WelcomePage.h"

#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"
#include "app/widgets/Theme.h"

#include <QDir>
#include <QEvent>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace app::pages {

using widgets::IconColour;

QVector<EnvironmentCheck> readChecks(const QByteArray& json)
{
    const auto document = QJsonDocument::fromJson(json);
    const auto list = document.isArray() ? document.array()
                                         : document.object()[QStringLiteral("checks")].toArray();
    QVector<EnvironmentCheck> checks;
    for (const auto& value : list) {
        const auto entry = value.toObject();
        EnvironmentCheck check;
        check.title = entry[QStringLiteral("subject")].toString();
        check.detail = entry[QStringLiteral("says")].toString();
        const auto advice = entry[QStringLiteral("advice")].toString();
        const bool good = entry[QStringLiteral("good")].toBool();
        // The first check decides whether anything can run.
        check.state = good     ? EnvironmentCheck::State::Good
            : checks.isEmpty() ? EnvironmentCheck::State::Bad
                               : EnvironmentCheck::State::Limited;
        if (!good && !advice.isEmpty())
            check.detail += (check.detail.isEmpty() ? QString() : QStringLiteral(". ")) + advice;
        checks << check;
    }
    if (checks.isEmpty())
        checks << EnvironmentCheck {EnvironmentCheck::State::Bad,
                                    WelcomePage::tr("The environment could not be checked"),
                                    WelcomePage::tr("Run slip doctor in a terminal to see why.")};
    return checks;
}

namespace {

void clear(QLayout* layout)
{
    while (auto* item = layout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
}

QLabel* heading(const QString& text, const char* objectName, QWidget* parent)
{
    auto* made = widgets::named(new QLabel(text, parent), objectName, text);
    auto bold = made->font();
    bold.setBold(true);
    made->setFont(bold);
    return made;
}

} // namespace

WelcomePage::WelcomePage(QWidget* parent)
    : QWidget(parent)
    , m_open(widgets::named(new QPushButton(tr("Open folder…"), this), "welcome.open",
                            tr("Open a folder")))
    , m_sample(widgets::named(new QPushButton(tr("Open the sample"), this), "welcome.sample",
                              tr("Open the sample project")))
    , m_recent(new QVBoxLayout)
    , m_checks(new QVBoxLayout)
    , m_recentBox(widgets::named(new QWidget(this), "welcome.recent", tr("Recent folders")))
    , m_checkBox(widgets::named(new QWidget(this), "welcome.checks", tr("This machine")))
{
    widgets::name(this, "welcome.page", tr("Welcome"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    auto* logo = widgets::named(new QLabel(this), "welcome.logo", tr("Slipway"));
    logo->setPixmap(QIcon(QStringLiteral(":/slipway.svg")).pixmap(56, 56));
    auto* title = widgets::named(new QLabel(tr("Slipway"), this), "welcome.title", tr("Slipway"));
    auto large = title->font();
    large.setPointSize(24);
    large.setBold(true);
    title->setFont(large);
    auto* sentence = widgets::named(
        new QLabel(tr("Run serverless GPU functions on this machine, without a GPU."), this),
        "welcome.sentence", tr("What Slipway does"));
    sentence->setEnabled(false);
    m_open->setProperty("primary", true);
    m_open->setDefault(true);

    auto* name = new QVBoxLayout;
    name->setSpacing(0);
    name->addWidget(title);
    name->addWidget(sentence);
    auto* top = new QHBoxLayout;
    top->setSpacing(16);
    top->addWidget(logo);
    top->addLayout(name);
    top->addStretch();
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(10);
    buttons->addWidget(m_open);
    buttons->addWidget(m_sample);
    buttons->addStretch();
    m_recent->setSpacing(2);
    m_recent->setContentsMargins(0, 0, 0, 0);
    m_recentBox->setLayout(m_recent);
    m_checks->setSpacing(6);
    m_checks->setContentsMargins(0, 0, 0, 0);
    m_checkBox->setLayout(m_checks);

    auto* column = new QVBoxLayout;
    column->setSpacing(14);
    column->addStretch(2);
    column->addLayout(top);
    column->addSpacing(6);
    column->addLayout(buttons);
    column->addSpacing(10);
    column->addWidget(m_recentBox);
    column->addWidget(m_checkBox);
    column->addStretch(3);
    auto* layout = new QHBoxLayout(this);
    layout->addStretch(1);
    layout->addLayout(column, 4);
    layout->addStretch(1);
    connect(m_open, &QPushButton::clicked, this, &WelcomePage::openRequested);
    connect(m_sample, &QPushButton::clicked, this, &WelcomePage::sampleRequested);
    setRecent({});
    m_checkBox->hide();
}

/// The marks of the checks are painted in the theme's colours.
void WelcomePage::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && !m_shownChecks.isEmpty())
        QMetaObject::invokeMethod(
            this, [this] { setChecks(QVector<EnvironmentCheck>(m_shownChecks)); },
            Qt::QueuedConnection);
}

void WelcomePage::setSampleAvailable(bool available)
{
    m_sample->setVisible(available);
}

void WelcomePage::setRecent(const QStringList& folders)
{
    clear(m_recent);
    m_recentBox->setVisible(!folders.isEmpty());
    m_recent->addWidget(heading(tr("Recent"), "welcome.recentTitle", m_recentBox));
    for (const auto& folder : folders.mid(0, 6)) {
        const auto home = QDir::homePath();
        const auto shown = folder.startsWith(home + u'/')
            ? QStringLiteral("~") + folder.mid(home.size())
            : folder;
        auto* link = new QPushButton(QStringLiteral("%1   %2").arg(folder.section(u'/', -1), shown),
                                     m_recentBox);
        link->setObjectName(QStringLiteral("welcome.recent.") + folder.section(u'/', -1));
        link->setAccessibleName(tr("Open %1").arg(folder));
        link->setIcon(widgets::icon(QStringLiteral("folder"), IconColour::Accent));
        link->setProperty("link", true);
        link->setCursor(Qt::PointingHandCursor);
        connect(link, &QPushButton::clicked, this,
                [this, folder] { Q_EMIT folderRequested(folder); });
        m_recent->addWidget(link);
    }
}

void WelcomePage::setChecks(const QVector<EnvironmentCheck>& checks)
{
    m_shownChecks = checks;
    clear(m_checks);
    m_checkBox->show();
    m_checks->addWidget(heading(tr("This machine"), "welcome.checksTitle", m_checkBox));
    for (const auto& check : checks) {
        auto* row = widgets::named(new QWidget(m_checkBox), "welcome.check", check.title);
        auto* layout = new QHBoxLayout(row);
        layout->setContentsMargins(6, 0, 0, 0);
        layout->setSpacing(8);
        auto* mark = widgets::named(new QLabel(row), "welcome.check.state", check.title);
        const bool good = check.state == EnvironmentCheck::State::Good;
        const bool bad = check.state == EnvironmentCheck::State::Bad;
        mark->setPixmap(widgets::icon(good      ? QStringLiteral("ok")
                                          : bad ? QStringLiteral("error")
                                                : QStringLiteral("warning"),
                                      good      ? IconColour::Success
                                          : bad ? IconColour::Error
                                                : IconColour::Warning)
                            .pixmap(16, 16));
        auto* text
            = widgets::named(new QLabel(check.title, row), "welcome.check.title", check.title);
        auto* detail
            = widgets::named(new QLabel(check.detail, row), "welcome.check.detail", check.detail);
        detail->setEnabled(false);
        detail->setWordWrap(true);
        text->setMinimumWidth(170);
        layout->addWidget(mark, 0, Qt::AlignTop);
        layout->addWidget(text, 0, Qt::AlignTop);
        layout->addWidget(detail, 1);
        m_checks->addWidget(row);
    }
}

} // namespace app::pages
