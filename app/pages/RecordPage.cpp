// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/RecordPage.h"

#include "app/widgets/Icons.h"
#include "app/widgets/Theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTreeView>
#include <QVBoxLayout>

namespace app::pages {

using models::RecordModel;

namespace {

/// Sorts and filters, and gives the marks of states their colour.
class Marked final : public QSortFilterProxyModel {
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    void setStale(bool stale)
    {
        m_stale = stale;
        if (rowCount() > 0)
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1),
                               {Qt::ForegroundRole});
    }

    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override
    {
        if (role != Qt::ForegroundRole)
            return QSortFilterProxyModel::data(index, role);
        const auto& colours = widgets::coloursOf(QGuiApplication::palette());
        if (m_stale)
            return colours.muted;
        const auto text = QSortFilterProxyModel::data(index, Qt::DisplayRole).toString();
        switch (text.isEmpty() ? 0 : text[0].unicode()) {
        case u'●':
            return colours.success;
        case u'▲':
            return colours.warning;
        case u'○':
        case u'◌':
        case u'—':
            return colours.muted;
        case u'+':
            return text.size() == 1 ? QVariant(colours.success) : QVariant();
        case u'~':
            return text.size() == 1 ? QVariant(colours.accent) : QVariant();
        case u'−':
            return text.size() == 1 ? QVariant(colours.error) : QVariant();
        case u'=':
            return text.size() == 1 ? QVariant(colours.muted) : QVariant();
        default:
            return {};
        }
    }

private:
    bool m_stale = false;
};

} // namespace

RecordPage::RecordPage(const QString& area, const QString& title, RecordModel* model,
                       QWidget* parent)
    : QWidget(parent)
    , m_area(area)
    , m_model(model)
    , m_sorted(new Marked(this))
    , m_table(new QTreeView(this))
    , m_filter(new QLineEdit(this))
    , m_heading(new QLabel(title, this))
    , m_summary(new QLabel(this))
    , m_emptyBox(new QWidget(this))
    , m_empty(new QLabel(m_emptyBox))
    , m_emptyAction(new QPushButton(m_emptyBox))
    , m_bar(new QHBoxLayout)
{
    setObjectName(child("page"));
    setAccessibleName(title);
    m_heading->setObjectName(child("title"));
    auto large = m_heading->font();
    large.setPointSize(large.pointSize() + 3);
    large.setBold(true);
    m_heading->setFont(large);
    m_summary->setObjectName(child("summary"));
    m_filter->setObjectName(child("filter"));
    m_filter->setAccessibleName(tr("Filter %1").arg(title));
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMaximumWidth(260);
    makeTable(title);
    m_emptyBox->setObjectName(child("emptyBox"));
    m_empty->setObjectName(child("empty"));
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setEnabled(false);
    m_empty->setWordWrap(true);
    m_emptyAction->setObjectName(child("emptyAction"));
    m_emptyAction->setAccessibleName(title);
    m_emptyAction->setProperty("primary", true);
    m_emptyAction->hide();
    connect(m_emptyAction, &QPushButton::clicked, this, [this] { m_emptyRun(); });
    auto* empty = new QVBoxLayout(m_emptyBox);
    empty->setSpacing(12);
    empty->addStretch(2);
    empty->addWidget(m_empty);
    empty->addWidget(m_emptyAction, 0, Qt::AlignHCenter);
    empty->addStretch(3);

    m_bar->setObjectName(child("bar"));
    m_bar->setContentsMargins(16, 12, 16, 8);
    m_bar->setSpacing(12);
    m_bar->addWidget(m_heading);
    m_bar->addWidget(m_summary);
    m_bar->addStretch();
    m_bar->addWidget(m_filter);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(m_bar);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_emptyBox, 1);
    connect(m_filter, &QLineEdit::textChanged, m_sorted,
            &QSortFilterProxyModel::setFilterFixedString);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        update();
        Q_EMIT selectionChanged();
    });
    connect(model, &QAbstractItemModel::modelReset, this, [this] {
        update();
        Q_EMIT selectionChanged(); // a reset takes it away without a word
    });
    connect(model, &QAbstractItemModel::rowsInserted, this, &RecordPage::update);
    connect(model, &QAbstractItemModel::dataChanged, this, &RecordPage::update);
    update();
}

QString RecordPage::child(const char* name) const
{
    return m_area + QLatin1Char('.') + QLatin1String(name);
}

void RecordPage::makeTable(const QString& title)
{
    m_table->setObjectName(child("table"));
    m_table->setAccessibleName(title);
    m_table->setRootIsDecorated(false);
    m_table->setUniformRowHeights(true);
    m_table->setAlternatingRowColors(true);
    m_table->setSortingEnabled(true);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    m_table->header()->setStretchLastSection(false);
    m_table->installEventFilter(this);
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(RecordModel::SortRole);
    m_sorted->setFilterKeyColumn(-1);
    m_sorted->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_table->setModel(m_sorted);
    m_table->sortByColumn(-1, Qt::AscendingOrder); // as the model has it: newest first
    connect(m_table, &QTreeView::customContextMenuRequested, this, &RecordPage::openMenu);
    connect(m_table, &QTreeView::activated, this, [this](const QModelIndex& index) {
        Q_EMIT activated(index.data(RecordModel::KeyRole).toString());
    });
}

void RecordPage::setEmptyText(const QString& text)
{
    m_empty->setText(text);
}

void RecordPage::setEmptyAction(const QString& title, const std::function<void()>& run)
{
    m_emptyAction->setText(title);
    m_emptyAction->setAccessibleName(title);
    m_emptyAction->show();
    m_emptyRun = run;
}

void RecordPage::setSummary(const QString& text)
{
    m_summary->setText(text);
}

void RecordPage::addAction(const Action& action)
{
    auto* button = new QPushButton(action.title, this);
    button->setObjectName(m_area + QLatin1Char('.') + action.name);
    button->setAccessibleName(action.title);
    if (!action.icon.isEmpty())
        button->setIcon(widgets::icon(action.icon));
    m_bar->addWidget(button);
    connect(button, &QPushButton::clicked, this,
            [this, name = action.name] { Q_EMIT requested(name, selectedKeys()); });
    m_actions.push_back({action, button});
    update();
}

void RecordPage::setAction(const QString& title, const std::function<bool(const QString&)>& enabled)
{
    addAction({QStringLiteral("action"), title, {}, [enabled](const QStringList& keys) {
                   return keys.size() == 1 && enabled(keys.front());
               }});
    connect(this, &RecordPage::requested, this,
            [this](const QString& name, const QStringList& keys) {
                if (name == QLatin1String("action") && keys.size() == 1)
                    Q_EMIT actionRequested(keys.front());
            });
}

void RecordPage::addTool(QWidget* tool)
{
    m_bar->insertWidget(m_bar->indexOf(m_filter), tool);
}

void RecordPage::setCompact()
{
    m_heading->hide();
    m_bar->setContentsMargins(10, 6, 10, 6);
}

void RecordPage::setStale(bool stale)
{
    if (stale == m_stale)
        return;
    m_stale = stale;
    static_cast<Marked*>(m_sorted)->setStale(stale);
}

QString RecordPage::selectedKey() const
{
    const auto keys = selectedKeys();
    return keys.size() == 1 ? keys.front() : QString();
}

QStringList RecordPage::selectedKeys() const
{
    QStringList keys;
    for (const auto& row : m_table->selectionModel()->selectedRows())
        keys << row.data(RecordModel::KeyRole).toString();
    return keys;
}

void RecordPage::select(const QString& key)
{
    for (int row = 0; row < m_sorted->rowCount(); ++row) {
        const auto index = m_sorted->index(row, 0);
        if (index.data(RecordModel::KeyRole).toString() != key)
            continue;
        m_table->setCurrentIndex(index);
        return;
    }
}

void RecordPage::focusFilter()
{
    m_filter->setFocus();
    m_filter->selectAll();
}

void RecordPage::update()
{
    const bool any = m_model->rowCount() > 0;
    if (any && !m_table->isVisibleTo(this))
        for (int column = 0; column < m_model->columnCount(); ++column)
            m_table->resizeColumnToContents(column);
    m_table->setVisible(any);
    m_filter->setVisible(any);
    m_emptyBox->setVisible(!any);
    const auto keys = selectedKeys();
    for (const auto& offered : m_actions)
        offered.button->setEnabled(offered.action.enabled(keys));
}

void RecordPage::openMenu(QPoint point)
{
    const auto keys = selectedKeys();
    if (keys.isEmpty())
        return;
    auto* menu = new QMenu(m_table);
    menu->setObjectName(child("menu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (const auto& offered : m_actions) {
        auto* action = menu->addAction(
            widgets::icon(offered.action.icon), offered.action.title, this,
            [this, name = offered.action.name, keys] { Q_EMIT requested(name, keys); });
        action->setEnabled(offered.action.enabled(keys));
    }
    menu->addAction(widgets::icon(QStringLiteral("copy")), tr("Copy"), this, &RecordPage::copy);
    menu->popup(m_table->viewport()->mapToGlobal(point));
}

void RecordPage::copy() const
{
    QStringList lines;
    for (const auto& row : m_table->selectionModel()->selectedRows()) {
        QStringList cells;
        for (int column = 0; column < m_sorted->columnCount(); ++column)
            cells << row.siblingAtColumn(column).data().toString();
        lines << cells.join(u'\t');
    }
    QGuiApplication::clipboard()->setText(lines.join(u'\n'));
}

bool RecordPage::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_table && event->type() == QEvent::KeyPress
        && static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy)) {
        copy();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace app::pages
