// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/DeploySheet.h"

#include "app/pages/PlanView.h"
#include "app/widgets/Icons.h"
#include "app/widgets/LogView.h"
#include "app/widgets/Naming.h"
#include "app/widgets/StepList.h"
#include "app/widgets/Theme.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPropertyAnimation>
#include <QPushButton>
#include <QScrollArea>
#include <QStyle>
#include <QVBoxLayout>

namespace app::pages {

using models::DeployState;
using widgets::IconColour;
using widgets::named;

namespace {

constexpr int widest = 560;
constexpr int slideTime = 140; // ms

QLabel* line(QWidget* parent, const char* objectName, const QString& accessibleName)
{
    auto* label = named(new QLabel(parent), objectName, accessibleName);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

QPushButton* link(const QString& text, const char* objectName, const QString& icon, QWidget* parent)
{
    auto* button = named(new QPushButton(text, parent), objectName, text);
    button->setProperty("link", true);
    button->setIcon(widgets::icon(icon, IconColour::Accent));
    return button;
}

} // namespace

DeploySheet::DeploySheet(client::DeploySession* session, QWidget* window)
    : QFrame(window)
    , m_session(session)
    , m_slide(new QPropertyAnimation(this, "pos", this))
    , m_title(line(this, "deploy.title", tr("Deploy")))
    , m_subtitle(line(this, "deploy.subtitle", tr("State of the deploy")))
    , m_close(named(new QPushButton(this), "deploy.close", tr("Close; a deploy goes on")))
    , m_plan(new PlanView(this))
    , m_steps(new widgets::StepList(QStringLiteral("deploy.stages"), this))
    , m_outcome(named(new QWidget(this), "deploy.outcome", tr("How it ended")))
    , m_what(line(m_outcome, "deploy.what", tr("What happened")))
    , m_why(line(m_outcome, "deploy.why", tr("Why")))
    , m_fix(line(m_outcome, "deploy.fix", tr("What to do")))
    , m_untouched(line(m_outcome, "deploy.untouched", tr("What is live")))
    , m_logsLink(link(tr("Open logs"), "deploy.openLogs", QStringLiteral("logs"), m_outcome))
    , m_costLink(link(tr("Open cost"), "deploy.openCost", QStringLiteral("cost"), m_outcome))
    , m_versionsLink(
          link(tr("Roll back…"), "deploy.rollback", QStringLiteral("rollback"), m_outcome))
    , m_logTitle(line(this, "deploy.logTitle", tr("What the build says")))
    , m_log(named(new widgets::LogView(this), "deploy.log", tr("Lines of the deploy")))
    , m_primary(named(new QPushButton(this), "deploy.primary", tr("Deploy")))
    , m_secondary(named(new QPushButton(this), "deploy.secondary", tr("Cancel")))
    , m_copy(named(new QPushButton(tr("Copy diagnostics"), this), "deploy.copy",
                   tr("Copy diagnostics")))
{
    widgets::name(this, "deploySheet", tr("Deploy"));
    setAutoFillBackground(true);
    setFocusPolicy(Qt::StrongFocus);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    makeHeader(layout);
    makeBody(layout);
    makeFooter(layout);
    m_slide->setDuration(slideTime);
    m_slide->setEasingCurve(QEasingCurve::OutCubic);
    connect(m_slide, &QPropertyAnimation::finished, this, [this] {
        if (!m_open)
            hide();
    });
    connect(session->model(), &models::DeployModel::changed, this, &DeploySheet::update);
    connect(session->model(), &models::DeployModel::stateChanged, this, [this](DeployState state) {
        if (state == DeployState::Planned)
            m_plan->setPlan(m_session->model()->plan());
        if (m_open && isAncestorOf(QApplication::focusWidget()))
            m_primary->setFocus();
    });
    connect(m_plan, &PlanView::edited, this, &DeploySheet::updateButtons);
    connect(m_plan, &PlanView::accepted, this, &DeploySheet::primary);
    hide();
    update();
}

DeploySheet::~DeploySheet() = default;

void DeploySheet::makeHeader(QVBoxLayout* layout)
{
    auto large = m_title->font();
    large.setPointSize(large.pointSize() + 3);
    large.setBold(true);
    m_title->setFont(large);
    m_title->setWordWrap(false);
    m_close->setIcon(widgets::icon(QStringLiteral("close"), IconColour::Muted));
    m_close->setToolTip(tr("Close (Esc). A deploy goes on; the status line shows it."));
    m_close->setProperty("link", true);
    connect(m_close, &QPushButton::clicked, this, &DeploySheet::close);
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(m_title);
    words->addWidget(m_subtitle);
    auto* header = new QHBoxLayout;
    header->setContentsMargins(20, 14, 12, 10);
    header->addLayout(words, 1);
    header->addWidget(m_close, 0, Qt::AlignTop);
    layout->addLayout(header);
}

void DeploySheet::makeBody(QVBoxLayout* layout)
{
    auto bold = m_what->font();
    bold.setBold(true);
    m_what->setFont(bold);
    auto* outcome = new QVBoxLayout(m_outcome);
    outcome->setContentsMargins(0, 0, 0, 0);
    outcome->setSpacing(6);
    for (auto* part : {m_what, m_why, m_fix, m_untouched})
        outcome->addWidget(part);
    auto* links = new QHBoxLayout;
    links->setSpacing(4);
    for (auto* part : {m_logsLink, m_costLink, m_versionsLink})
        links->addWidget(part);
    links->addStretch();
    outcome->addLayout(links);
    m_logTitle->setEnabled(false);
    m_log->setModel(m_session->log());
    m_log->setColumns(false, false);
    m_log->setMinimumHeight(120);
    m_log->setFrameShape(QFrame::NoFrame);

    auto* content = named(new QWidget, "deploy.content", tr("Deploy"));
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(20, 6, 20, 14);
    column->setSpacing(14);
    column->addWidget(m_outcome);
    column->addWidget(m_plan);
    column->addWidget(m_steps);
    column->addWidget(m_logTitle);
    column->addWidget(m_log, 1);
    column->addStretch();
    auto* scroll = named(new QScrollArea(this), "deploy.scroll", tr("Deploy"));
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    layout->addWidget(scroll, 1);
    const auto* model = m_session->model();
    connect(m_logsLink, &QPushButton::clicked, this,
            [this, model] { Q_EMIT showLogsRequested(model->appName(), model->version()); });
    connect(m_costLink, &QPushButton::clicked, this,
            [this, model] { Q_EMIT showCostRequested(model->appName()); });
    connect(m_versionsLink, &QPushButton::clicked, this,
            [this, model] { Q_EMIT rollBackRequested(model->appName()); });
}

void DeploySheet::makeFooter(QVBoxLayout* layout)
{
    auto* rule = named(new QFrame(this), "deploy.rule", tr("Rule"));
    rule->setFrameShape(QFrame::HLine);
    m_primary->setProperty("primary", true);
    m_copy->setIcon(widgets::icon(QStringLiteral("copy")));
    connect(m_primary, &QPushButton::clicked, this, &DeploySheet::primary);
    connect(m_secondary, &QPushButton::clicked, this, &DeploySheet::secondary);
    connect(m_copy, &QPushButton::clicked, this, &DeploySheet::copyDiagnostics);
    auto* footer = new QHBoxLayout;
    footer->setContentsMargins(20, 10, 20, 12);
    footer->setSpacing(8);
    footer->addWidget(m_primary);
    footer->addWidget(m_secondary);
    footer->addStretch();
    footer->addWidget(m_copy);
    layout->addWidget(rule);
    layout->addLayout(footer);
    setTabOrder(m_primary, m_secondary);
    setTabOrder(m_secondary, m_copy);
    setTabOrder(m_copy, m_close);
}

void DeploySheet::open()
{
    if (!m_open) {
        m_open = true;
        raise();
        show();
        place(true);
    }
    m_primary->isEnabled() && m_primary->isVisibleTo(this) ? m_primary->setFocus() : setFocus();
}

void DeploySheet::close()
{
    if (!m_open)
        return;
    m_open = false;
    place(true);
    Q_EMIT closed();
}

void DeploySheet::setRoom(const QRect& room)
{
    if (room == m_room)
        return;
    m_room = room;
    place(false);
}

void DeploySheet::place(bool animated)
{
    const int width = std::min(widest, m_room.width());
    resize(width, m_room.height());
    const QPoint in(m_room.right() + 1 - width, m_room.top());
    const QPoint out(m_room.right() + 1, m_room.top());
    m_slide->stop();
    if (!animated || style()->styleHint(QStyle::SH_Widget_Animation_Duration) == 0) {
        move(m_open ? in : out);
        setVisible(m_open);
        return;
    }
    m_slide->setStartValue(m_open ? out : in);
    m_slide->setEndValue(m_open ? in : out);
    m_slide->start();
}

void DeploySheet::setWaitReason(const QString& reason)
{
    if (reason == m_waitReason)
        return;
    m_waitReason = reason;
    update();
}

void DeploySheet::update()
{
    const auto* model = m_session->model();
    const auto state = model->state();
    updateHeader();
    updateOutcome();
    auto steps = model->stages();
    for (auto& step : steps)
        if (step.name == QLatin1String("probe") && step.state == models::StepState::Running
            && step.text.isEmpty())
            step.text = m_waitReason;
    m_steps->setSteps(steps);
    const bool planned = state == DeployState::Planned;
    const bool deployed = !planned && state != DeployState::Planning && state != DeployState::Idle
        && !(state == DeployState::Failed && model->failure().stage == QLatin1String("plan"));
    m_plan->setVisible(planned);
    m_steps->setVisible(deployed);
    const bool lines = state != DeployState::Idle && !planned && state != DeployState::Live;
    m_log->setVisible(lines);
    m_logTitle->setVisible(lines);
    m_logTitle->setText(state == DeployState::Planning ? tr("The image is built to know what it is")
                                                       : tr("What it says"));
    updateButtons();
}

void DeploySheet::updateHeader()
{
    const auto* model = m_session->model();
    const auto name
        = model->appName().isEmpty() ? model->file().section(u'/', -1) : model->appName();
    const auto target
        = model->target() == QLatin1String("local") ? tr("this machine") : model->target();
    m_title->setText(name.isEmpty() ? tr("Deploy") : tr("Deploy %1").arg(name));
    switch (model->state()) {
    case DeployState::Idle:
        m_subtitle->setText(tr("Nothing has been planned yet."));
        break;
    case DeployState::Planning:
        m_subtitle->setText(tr("Planning for %1: nothing is changed there yet…").arg(target));
        break;
    case DeployState::Planned:
        m_subtitle->setText(tr("This is what it would do at %1.").arg(target));
        break;
    case DeployState::Running:
        m_subtitle->setText(
            model->plan().liveVersion == 0
                ? tr("Deploying to %1. You may close this; it goes on.").arg(target)
                : tr("Deploying to %1. Version %2 stays live until the new one serves. You may "
                     "close this; it goes on.")
                      .arg(target)
                      .arg(model->plan().liveVersion));
        break;
    case DeployState::Live:
        m_subtitle->setText(
            tr("Live at %1 after %2.").arg(target, models::durationText(model->elapsedSeconds())));
        break;
    case DeployState::Failed:
        m_subtitle->setText(tr("Failed at %1.").arg(target));
        break;
    case DeployState::Cancelled:
        m_subtitle->setText(tr("Cancelled."));
        break;
    }
}

void DeploySheet::updateOutcome()
{
    const auto* model = m_session->model();
    const auto state = model->state();
    const bool live = state == DeployState::Live;
    const bool failed = state == DeployState::Failed;
    const bool cancelled = state == DeployState::Cancelled;
    m_outcome->setVisible(live || failed || cancelled);
    for (auto* part : {m_logsLink, m_costLink})
        part->setVisible(live);
    m_versionsLink->setVisible(live && model->plan().liveVersion > 0);
    m_why->setVisible(failed && !model->failure().why.isEmpty());
    m_fix->setVisible(failed && !model->failure().fix.isEmpty());
    m_untouched->setVisible(!m_outcome->isHidden());
    const auto& colours = widgets::coloursOf(palette());
    const auto ink = live ? colours.success : failed ? colours.error : colours.muted;
    if (m_what->property("ink") != ink.name()) {
        m_what->setProperty("ink", ink.name());
        m_what->setStyleSheet(QStringLiteral("color: ") + ink.name());
    }
    m_why->setText(model->failure().why);
    m_fix->setText(model->failure().fix);
    const int before = failed ? model->failure().liveVersion : model->plan().liveVersion;
    if (live) {
        m_what->setText(tr("✓ Version %1 is live").arg(model->version()));
        m_untouched->setText(before == 0
                                 ? tr("It is the first version: there is none to roll back to.")
                                 : tr("To undo it, roll back to version %1.").arg(before));
    } else {
        m_what->setText(failed ? model->failure().what : tr("Cancelled before it was live"));
        m_untouched->setText(before == 0 ? tr("No version is live.")
                                         : tr("The live version %1 is untouched.").arg(before));
    }
}

void DeploySheet::updateButtons()
{
    const auto* model = m_session->model();
    const auto set = [](QPushButton* button, const QString& text) {
        button->setVisible(!text.isEmpty());
        if (text.isEmpty())
            return;
        button->setText(text);
        button->setAccessibleName(text);
    };
    set(m_copy, {});
    switch (model->state()) {
    case DeployState::Idle:
        set(m_primary, {});
        set(m_secondary, tr("Close"));
        return;
    case DeployState::Planning:
    case DeployState::Running:
        set(m_primary, {});
        set(m_secondary, tr("Cancel"));
        return;
    case DeployState::Planned:
        set(m_primary, tr("Deploy  %1").arg(models::hourlyText(model->plan().microsPerHour)));
        set(m_secondary, tr("Plan again"));
        m_primary->setEnabled(m_plan->acceptable());
        m_primary->setToolTip(m_plan->acceptable() ? QString()
                                                   : tr("What is marked above stands in the way"));
        return;
    case DeployState::Live:
        set(m_primary, tr("Done"));
        set(m_secondary, {});
        break;
    case DeployState::Failed:
        set(m_primary, model->failure().resumable ? tr("Resume") : tr("Retry"));
        set(m_secondary, tr("Plan again"));
        set(m_copy, tr("Copy diagnostics"));
        break;
    case DeployState::Cancelled:
        set(m_primary, tr("Plan again"));
        set(m_secondary, tr("Close"));
        break;
    }
    m_primary->setEnabled(true);
    m_primary->setToolTip({});
}

void DeploySheet::primary()
{
    switch (m_session->model()->state()) {
    case DeployState::Planned:
        if (m_plan->acceptable())
            m_session->deploy(m_plan->strategy(), m_plan->budget());
        return;
    case DeployState::Failed:
        m_session->retry();
        return;
    case DeployState::Cancelled:
        m_session->plan(m_session->request());
        return;
    case DeployState::Live:
        close();
        return;
    default:
        return;
    }
}

void DeploySheet::secondary()
{
    switch (m_session->model()->state()) {
    case DeployState::Planning:
    case DeployState::Running:
        m_session->cancel();
        return;
    case DeployState::Planned:
    case DeployState::Failed:
        m_session->plan(m_session->request());
        return;
    default:
        close();
    }
}

void DeploySheet::copyDiagnostics()
{
    QApplication::clipboard()->setText(m_session->diagnostics());
    m_copy->setText(tr("Copied"));
}

void DeploySheet::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape) {
        close();
        return;
    }
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        if (auto* button = qobject_cast<QPushButton*>(QApplication::focusWidget());
            button != nullptr && isAncestorOf(button))
            button->click();
        else
            primary();
        return;
    }
    QFrame::keyPressEvent(event);
}

void DeploySheet::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        updateOutcome();
}

} // namespace app::pages
