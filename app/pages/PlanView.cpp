// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/PlanView.h"

#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"
#include "app/widgets/Theme.h"

#include <QClipboard>
#include <QComboBox>
#include <QEvent>
#include <QGridLayout>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QIdentityProxyModel>
#include <QLabel>
#include <QLineEdit>
#include <QStyle>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

namespace app::pages {

using models::DeployPlan;
using widgets::IconColour;
using widgets::named;

namespace {

void clear(QLayout* layout)
{
    while (auto* item = layout->takeAt(0)) {
        delete item->widget();
        if (item->layout() != nullptr)
            clear(item->layout());
        delete item;
    }
}

/// The mark before a function in the colour of its change.
class Coloured final : public QIdentityProxyModel {
public:
    using QIdentityProxyModel::QIdentityProxyModel;

    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override
    {
        if (role != Qt::ForegroundRole)
            return QIdentityProxyModel::data(index, role);
        const auto& colours = widgets::coloursOf(QGuiApplication::palette());
        const auto mark = index.siblingAtColumn(0).data().toString();
        if (mark == QStringLiteral("="))
            return colours.muted;
        if (index.column() != 0 && index.column() != 2)
            return {};
        return mark == QStringLiteral("+") ? colours.success
            : mark == QStringLiteral("−")  ? colours.error
                                           : colours.accent;
    }
};

QLabel* wrapped(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

QString gitText(const DeployPlan& plan)
{
    if (!plan.git)
        return PlanView::tr("no repository");
    QStringList parts;
    if (!plan.git->branch.isEmpty())
        parts << QStringLiteral("⎇ ") + plan.git->branch;
    parts << plan.git->commit.left(7);
    parts << (!plan.git->dirty ? PlanView::tr("clean")
                  : plan.git->changed == 1
                  ? PlanView::tr("1 file changed since")
                  : PlanView::tr("%1 files changed since").arg(plan.git->changed));
    return parts.join(QStringLiteral(" · "));
}

} // namespace

PlanView::PlanView(QWidget* parent)
    : QWidget(parent)
    , m_troubles(named(new QWidget(this), "deploy.troubles", tr("What stands in the way")))
    , m_troubleRows(new QVBoxLayout(m_troubles))
    , m_versions(named(new QLabel(this), "deploy.versions", tr("Versions")))
    , m_changes(named(new QLabel(this), "deploy.changes", tr("Changes")))
    , m_table(named(new QTreeView(this), "deploy.functions", tr("Functions and their changes")))
    , m_facts(named(new QWidget(this), "deploy.facts", tr("The plan")))
    , m_factRows(new QGridLayout(m_facts))
    , m_budget(named(new QLineEdit(this), "deploy.budget", tr("Budget of the app in dollars")))
    , m_strategy(named(new QComboBox(this), "deploy.strategy", tr("Strategy")))
{
    widgets::name(this, "deploy.plan", tr("The plan"));
    auto bold = m_versions->font();
    bold.setBold(true);
    m_versions->setFont(bold);
    m_changes->setEnabled(false);
    auto* coloured = new Coloured(this);
    coloured->setSourceModel(&m_functions);
    m_table->setModel(coloured);
    m_table->setRootIsDecorated(false);
    m_table->setUniformRowHeights(true);
    m_table->setSelectionMode(QAbstractItemView::NoSelection);
    m_table->setFocusPolicy(Qt::NoFocus);
    m_table->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_table->header()->setStretchLastSection(false);
    m_table->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->header()->setSectionResizeMode(2, QHeaderView::Stretch);
    m_table->header()->setMinimumSectionSize(22);
    m_troubleRows->setContentsMargins(0, 0, 0, 0);
    m_troubleRows->setSpacing(8);
    m_factRows->setContentsMargins(0, 0, 0, 0);
    m_factRows->setHorizontalSpacing(14);
    m_factRows->setVerticalSpacing(7);
    m_factRows->setColumnStretch(1, 1);
    m_budget->setPlaceholderText(tr("none"));
    m_budget->setMaximumWidth(110);
    m_strategy->addItem(tr("Rolling: the old version serves until the new one does"),
                        QStringLiteral("rolling"));
    m_strategy->addItem(tr("Recreate: the old version ends first"), QStringLiteral("recreate"));
    m_strategy->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);

    auto* heading = new QHBoxLayout;
    heading->addWidget(m_versions);
    heading->addStretch();
    heading->addWidget(m_changes);
    auto* choices = new QGridLayout;
    choices->setHorizontalSpacing(14);
    choices->setVerticalSpacing(7);
    auto* budgetTitle = named(new QLabel(tr("Budget $"), this), "deploy.budgetTitle", tr("Budget"));
    auto* budgetNote = named(new QLabel(tr("of the app; no replica is started beyond it"), this),
                             "deploy.budgetNote", tr("About the budget"));
    auto* strategyTitle
        = named(new QLabel(tr("Strategy"), this), "deploy.strategyTitle", tr("Strategy"));
    for (auto* label : {budgetTitle, strategyTitle, budgetNote})
        label->setEnabled(false);
    budgetTitle->setMinimumWidth(76);
    choices->addWidget(budgetTitle, 0, 0);
    choices->addWidget(m_budget, 0, 1);
    choices->addWidget(budgetNote, 0, 2);
    choices->addWidget(strategyTitle, 1, 0);
    choices->addWidget(m_strategy, 1, 1, 1, 2);
    choices->setColumnStretch(2, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    layout->addWidget(m_troubles);
    layout->addLayout(heading);
    layout->addWidget(m_table);
    layout->addSpacing(2);
    layout->addWidget(m_facts);
    layout->addSpacing(2);
    layout->addLayout(choices);
    connect(m_budget, &QLineEdit::textChanged, this, [this] {
        bool number = true;
        if (!budget().isEmpty())
            number = budget().toDouble(&number) >= 0 && number;
        m_budget->setProperty("invalid", !number);
        m_budget->setToolTip(number ? QString() : tr("A sum in dollars, like 25 or 2.50"));
        m_budget->style()->unpolish(m_budget);
        m_budget->style()->polish(m_budget);
        Q_EMIT edited();
    });
    connect(m_budget, &QLineEdit::returnPressed, this, &PlanView::accepted);
}

QString PlanView::strategy() const
{
    return m_strategy->currentData().toString();
}

QString PlanView::budget() const
{
    auto text = m_budget->text().trimmed();
    if (text.startsWith(u'$'))
        text = text.mid(1).trimmed();
    return text;
}

bool PlanView::acceptable() const
{
    return m_plan.blockers.isEmpty() && !m_budget->property("invalid").toBool();
}

void PlanView::setPlan(const DeployPlan& plan)
{
    m_plan = plan;
    m_versions->setText(plan.liveVersion == 0
                            ? tr("First version of %1").arg(plan.app)
                            : tr("Version %1 → %2").arg(plan.liveVersion).arg(plan.nextVersion));
    m_changes->setText(models::changesText(plan));
    m_functions.set(plan);
    fitTable();
    showTroubles();
    showFacts();
    Q_EMIT edited();
}

/// All rows are to be seen: the sheet scrolls, the table does not.
void PlanView::fitTable()
{
    int height = m_table->header()->sizeHint().height() + 2;
    for (int row = 0; row < m_functions.rowCount(); ++row)
        height += std::max(22, m_table->sizeHintForRow(row));
    m_table->setFixedHeight(height);
}

void PlanView::showTroubles()
{
    clear(m_troubleRows);
    const auto add = [this](const char* kind, const QString& text, const QString& fix, bool bad) {
        auto* row = named(new QWidget(m_troubles), kind, text);
        auto* layout = new QHBoxLayout(row);
        layout->setContentsMargins(0, 0, 0, 0);
        layout->setSpacing(8);
        auto* mark = named(new QLabel(row), "deploy.trouble.mark", bad ? tr("Blocks") : tr("Note"));
        mark->setPixmap(widgets::icon(bad ? QStringLiteral("error") : QStringLiteral("warning"),
                                      bad ? IconColour::Error : IconColour::Warning)
                            .pixmap(16, 16));
        auto* words = new QVBoxLayout;
        words->setSpacing(2);
        auto* what = wrapped(text, row);
        what->setObjectName(QStringLiteral("deploy.trouble.text"));
        words->addWidget(what);
        if (!fix.isEmpty()) {
            auto* how = wrapped(fix, row);
            how->setObjectName(QStringLiteral("deploy.trouble.fix"));
            how->setEnabled(false);
            words->addWidget(how);
        }
        layout->addWidget(mark, 0, Qt::AlignTop);
        layout->addLayout(words, 1);
        m_troubleRows->addWidget(row);
    };
    for (const auto& blocker : m_plan.blockers)
        add("deploy.blocker",
            blocker.why.isEmpty() ? blocker.what
                                  : blocker.what + QStringLiteral(": ") + blocker.why,
            blocker.fix, true);
    for (const auto& warning : m_plan.warnings)
        add("deploy.warning", warning, {}, false);
    m_troubles->setVisible(!m_plan.blockers.isEmpty() || !m_plan.warnings.isEmpty());
}

QLabel* PlanView::addFact(const QString& name, const QString& title, const QString& text,
                          const QString& tip)
{
    const int row = m_factRows->rowCount();
    auto* caption = new QLabel(title, m_facts);
    caption->setObjectName(QStringLiteral("deploy.fact.") + name + QStringLiteral(".title"));
    caption->setEnabled(false);
    caption->setMinimumWidth(76);
    auto* value = wrapped(text, m_facts);
    value->setObjectName(QStringLiteral("deploy.fact.") + name);
    value->setAccessibleName(title);
    value->setToolTip(tip);
    m_factRows->addWidget(caption, row, 0, Qt::AlignTop);
    m_factRows->addWidget(value, row, 1);
    return value;
}

void PlanView::addImageFact(const models::PlanImage& image, int number)
{
    auto text = models::shortDigest(image.manifest.isEmpty() ? image.imageId : image.manifest);
    text += image.missingBytes == 0
        ? tr(" · all of %1 is there").arg(models::sizeText(double(image.bytes)))
        : tr(" · %1 of %2 missing")
              .arg(models::sizeText(double(image.missingBytes)),
                   models::sizeText(double(image.bytes)));
    const auto same = image.sameAsLastRun ? image.sameAsLastRun : m_plan.sameImageAsLastGreenRun;
    text += u'\n'
        + (!same       ? tr("has not run on this machine yet")
               : *same ? tr("✓ same image as the last green local run")
                       : tr("✗ not the image of the last green local run"));
    auto* value = addFact(QStringLiteral("image%1").arg(number), tr("Image"), text, image.manifest);
    const int row = m_factRows->rowCount() - 1;
    auto* copy = named(new QToolButton(m_facts), "deploy.copyDigest", tr("Copy the digest"));
    copy->setIcon(widgets::icon(QStringLiteral("copy"), IconColour::Muted));
    copy->setToolTip(tr("Copy %1").arg(image.manifest));
    connect(copy, &QToolButton::clicked, this,
            [digest = image.manifest.isEmpty() ? image.imageId : image.manifest] {
                QGuiApplication::clipboard()->setText(digest);
            });
    m_factRows->addWidget(copy, row, 2, Qt::AlignTop);
    if (same && !*same)
        value->setToolTip(
            tr("Run it here first to know that this image works. %1").arg(image.manifest));
}

void PlanView::showFacts()
{
    // The rows of a grid never go: a fresh one each time.
    clear(m_factRows);
    delete m_factRows;
    m_factRows = new QGridLayout(m_facts);
    m_factRows->setContentsMargins(0, 0, 0, 0);
    m_factRows->setHorizontalSpacing(14);
    m_factRows->setVerticalSpacing(7);
    m_factRows->setColumnStretch(1, 1);
    auto where = m_plan.target;
    if (!m_plan.engine.isEmpty())
        where += QStringLiteral(" · ") + m_plan.engine;
    if (!m_plan.targetState.isEmpty())
        where += QStringLiteral(" · ") + m_plan.targetState;
    addFact(QStringLiteral("target"), tr("Target"), where);
    int number = 0;
    for (const auto& image : m_plan.images)
        addImageFact(image, ++number);
    addFact(QStringLiteral("push"), tr("Push"),
            m_plan.bytesToPush == 0 ? tr("nothing: the target has every layer")
                                    : tr("%1 of %2")
                                          .arg(models::sizeText(double(m_plan.bytesToPush)),
                                               models::sizeText(double(m_plan.bytesTotal))));
    addFact(QStringLiteral("git"), tr("Git"), gitText(m_plan),
            m_plan.git ? m_plan.git->changedFiles.join(u'\n') : QString());
    QStringList gpus;
    for (const auto& gpu : m_plan.gpus)
        gpus << (gpu.ok ? QStringLiteral("✓ ") : QStringLiteral("✗ "))
                + (gpu.text.isEmpty()
                       ? tr("%1: %2 wanted, %3 available")
                             .arg(gpu.type)
                             .arg(gpu.wanted)
                             .arg(gpu.available ? QString::number(*gpu.available) : tr("unknown"))
                       : gpu.text);
    if (!gpus.isEmpty())
        addFact(QStringLiteral("gpus"), tr("GPUs"), gpus.join(u'\n'));
    addFact(QStringLiteral("price"), tr("Price"), models::priceBasis(m_plan));
}

void PlanView::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    // The marks are painted in the theme's colours.
    if (event->type() == QEvent::PaletteChange && !m_plan.app.isEmpty())
        QMetaObject::invokeMethod(this, &PlanView::showTroubles, Qt::QueuedConnection);
}

} // namespace app::pages
