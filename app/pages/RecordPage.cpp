// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/RecordPage.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTreeView>
#include <QVBoxLayout>

namespace app::pages {

using models::RecordModel;

RecordPage::RecordPage(const QString& area, const QString& title, RecordModel* model,
                       QWidget* parent)
    : QWidget(parent)
    , m_area(area)
    , m_model(model)
    , m_sorted(new QSortFilterProxyModel(this))
    , m_table(new QTreeView(this))
    , m_filter(new QLineEdit(this))
    , m_summary(new QLabel(this))
    , m_empty(new QLabel(this))
{
    const auto child
        = [&](const char* name) { return area + QLatin1Char('.') + QLatin1String(name); };
    setObjectName(child("page"));
    setAccessibleName(title);
    auto* heading = new QLabel(title, this);
    heading->setObjectName(child("title"));
    auto large = heading->font();
    large.setPointSize(large.pointSize() + 3);
    large.setBold(true);
    heading->setFont(large);
    m_summary->setObjectName(child("summary"));
    m_filter->setObjectName(child("filter"));
    m_filter->setAccessibleName(tr("Filter %1").arg(title));
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMaximumWidth(260);
    m_table->setObjectName(child("table"));
    m_table->setAccessibleName(title);
    m_table->setRootIsDecorated(false);
    m_table->setUniformRowHeights(true);
    m_table->setAlternatingRowColors(true);
    m_table->setSortingEnabled(true);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->header()->setStretchLastSection(false);
    m_table->installEventFilter(this);
    m_sorted->setSourceModel(model);
    m_sorted->setSortRole(RecordModel::SortRole);
    m_sorted->setFilterKeyColumn(-1);
    m_sorted->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_table->setModel(m_sorted);
    m_table->sortByColumn(-1, Qt::AscendingOrder); // as the model has it: newest first
    m_empty->setObjectName(child("empty"));
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setEnabled(false);
    m_empty->setWordWrap(true);

    auto* bar = new QHBoxLayout;
    bar->setObjectName(child("bar"));
    bar->setContentsMargins(16, 12, 16, 8);
    bar->setSpacing(12);
    bar->addWidget(heading);
    bar->addWidget(m_summary);
    bar->addStretch();
    bar->addWidget(m_filter);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_empty, 1);
    connect(m_filter, &QLineEdit::textChanged, m_sorted,
            &QSortFilterProxyModel::setFilterFixedString);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &RecordPage::update);
    connect(model, &QAbstractItemModel::modelReset, this, &RecordPage::update);
    connect(model, &QAbstractItemModel::rowsInserted, this, &RecordPage::update);
    connect(model, &QAbstractItemModel::dataChanged, this, &RecordPage::update);
    update();
}

void RecordPage::setEmptyText(const QString& text)
{
    m_empty->setText(text);
}
void RecordPage::setSummary(const QString& text)
{
    m_summary->setText(text);
}

void RecordPage::setAction(const QString& title, const std::function<bool(const QString&)>& enabled)
{
    m_actionEnabled = enabled;
    m_action = new QPushButton(title, this);
    m_action->setObjectName(m_area + QStringLiteral(".action"));
    m_action->setAccessibleName(title);
    auto* bar = static_cast<QHBoxLayout*>(layout()->itemAt(0)->layout());
    bar->addWidget(m_action);
    connect(m_action, &QPushButton::clicked, this,
            [this] { Q_EMIT actionRequested(selectedKey()); });
    update();
}

QString RecordPage::selectedKey() const
{
    const auto rows = m_table->selectionModel()->selectedRows();
    return rows.size() == 1 ? rows.front().data(RecordModel::KeyRole).toString() : QString();
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
    m_empty->setVisible(!any);
    if (m_action != nullptr) {
        const auto key = selectedKey();
        m_action->setEnabled(!key.isEmpty() && m_actionEnabled(key));
    }
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
