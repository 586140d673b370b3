// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/CommandPalette.h"

#include "app/models/Fuzzy.h"
#include "app/widgets/Naming.h"
#include "app/widgets/Theme.h"

#include <QAbstractItemDelegate>
#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

namespace app::widgets {

namespace {

constexpr int entryRole = Qt::UserRole;
constexpr int detailRole = Qt::UserRole + 1;
constexpr int positionsRole = Qt::UserRole + 2;
constexpr int mostShown = 60;

/// Icon, title with the matched letters in the accent colour, detail at the right.
class EntryDelegate final : public QAbstractItemDelegate {
public:
    using QAbstractItemDelegate::QAbstractItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        const auto& colours = coloursOf(option.palette);
        auto area = option.rect;
        if (option.state & QStyle::State_Selected)
            painter->fillRect(area, colours.selection);
        area.adjust(10, 0, -12, 0);
        const auto picture = index.data(Qt::DecorationRole).value<QIcon>();
        picture.paint(painter, QRect(area.left(), area.center().y() - 7, 16, 16));
        area.setLeft(area.left() + 26);
        const auto detail = index.data(detailRole).toString();
        painter->setFont(option.font);
        painter->setPen(colours.muted);
        painter->drawText(area, Qt::AlignRight | Qt::AlignVCenter, detail);
        const auto title = index.data().toString();
        const auto positions = index.data(positionsRole).value<QVector<int>>();
        const QFontMetrics metrics(option.font);
        const int baseline = area.center().y() + metrics.ascent() / 2 - 1;
        auto bold = option.font;
        bold.setBold(true);
        int x = area.left();
        for (int i = 0; i < title.size(); ++i) {
            const bool hit = positions.contains(i);
            painter->setFont(hit ? bold : option.font);
            painter->setPen(hit ? colours.accent : colours.text);
            painter->drawText(x, baseline, QString(title[i]));
            x += QFontMetrics(hit ? bold : option.font).horizontalAdvance(title[i]);
        }
    }

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override
    {
        return {200, QFontMetrics(option.font).height() + 12};
    }
};

} // namespace

CommandPalette::CommandPalette(QWidget* window)
    : QFrame(window)
    , m_query(named(new QLineEdit(this), "palette.query", tr("Search commands, files, functions")))
    , m_list(named(new QListWidget(this), "palette.list", tr("What was found")))
{
    name(this, "palette", tr("Command palette"));
    setAutoFillBackground(true);
    m_query->setPlaceholderText(tr("Search commands, functions and files"));
    m_query->installEventFilter(this);
    m_list->setItemDelegate(new EntryDelegate(m_list));
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setUniformItemSizes(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->addWidget(m_query);
    layout->addWidget(m_list, 1);
    connect(m_query, &QLineEdit::textChanged, this, &CommandPalette::narrow);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::accept);
    hide();
}

void CommandPalette::open(QVector<PaletteEntry> entries, const QString& query)
{
    m_entries = std::move(entries);
    const auto* window = parentWidget();
    const int width = std::min(720, window->width() - 40);
    setGeometry((window->width() - width) / 2, 44, width, 60);
    m_query->setText(query);
    narrow();
    show();
    raise();
    m_query->setFocus();
    m_query->selectAll();
}

void CommandPalette::narrow()
{
    struct Hit {
        int score;
        qsizetype entry;
        QVector<int> positions;
    };
    std::vector<Hit> hits;
    for (qsizetype i = 0; i < m_entries.size(); ++i) {
        auto match = models::fuzzyMatch(m_query->text(), m_entries[i].title);
        if (match.score >= 0)
            hits.push_back({match.score, i, std::move(match.positions)});
    }
    std::stable_sort(hits.begin(), hits.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    m_list->clear();
    for (const auto& hit : hits) {
        if (m_list->count() == mostShown)
            break;
        const auto& entry = m_entries[hit.entry];
        auto* item = new QListWidgetItem(entry.icon, entry.title, m_list);
        item->setData(entryRole, hit.entry);
        item->setData(detailRole, entry.detail);
        item->setData(positionsRole, QVariant::fromValue(hit.positions));
    }
    m_list->setCurrentRow(0);
    const int rows = std::clamp(m_list->count(), 1, 14);
    const int rowHeight = fontMetrics().height() + 12;
    resize(width(),
           std::min(rows * rowHeight + m_query->sizeHint().height() + 28,
                    parentWidget()->height() - 120));
}

void CommandPalette::accept()
{
    const auto* item = m_list->currentItem();
    if (item == nullptr)
        return;
    const auto activate = m_entries[item->data(entryRole).toLongLong()].activate;
    hide();
    parentWidget()->setFocus();
    activate();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_query)
        return QFrame::eventFilter(watched, event);
    if (event->type() == QEvent::FocusOut) {
        hide();
        return false;
    }
    if (event->type() != QEvent::KeyPress)
        return false;
    switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Escape:
        hide();
        parentWidget()->setFocus();
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        accept();
        return true;
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
        QCoreApplication::sendEvent(m_list, event);
        return true;
    default:
        return false;
    }
}

} // namespace app::widgets
