// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/LogPanel.h"

#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"

#include <QEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QSaveFile>
#include <QStyle>
#include <QThreadPool>
#include <QToolButton>
#include <QVBoxLayout>

namespace app::widgets {

using models::LogFilter;

namespace {

/// "/text/" is a regular expression; a capital makes the case count.
LogFilter::Pattern patternOf(const QString& typed)
{
    LogFilter::Pattern pattern;
    pattern.text = typed;
    if (typed.size() > 2 && typed.startsWith(u'/') && typed.endsWith(u'/')) {
        pattern.regularExpression = true;
        pattern.text = typed.mid(1, typed.size() - 2);
    }
    pattern.caseSensitive = pattern.text != pattern.text.toLower() && !pattern.regularExpression;
    return pattern;
}

} // namespace

LogPanel::LogPanel(const QString& area, models::LogModel* model, QWidget* parent)
    : QWidget(parent)
    , m_area(area)
    , m_model(model)
    , m_view(new LogView(this))
    , m_filter(new LogFilter(model->store(), this))
    , m_search(new LogFilter(model->store(), this))
    , m_filterEdit(new QLineEdit(this))
    , m_searchEdit(new QLineEdit(this))
    , m_matches(new QLabel(this))
    , m_lines(new QLabel(this))
    , m_empty(new QLabel(m_view->viewport()))
{
    const auto child
        = [&](const char* name) { return area + QLatin1Char('.') + QLatin1String(name); };
    setObjectName(child("panel"));
    m_view->setObjectName(child("view"));
    m_view->setAccessibleName(tr("Lines"));
    m_filterEdit->setObjectName(child("filter"));
    m_filterEdit->setAccessibleName(tr("Show only lines with this text"));
    m_filterEdit->setPlaceholderText(tr("Filter: text, or /regular expression/"));
    m_filterEdit->setClearButtonEnabled(true);
    m_searchEdit->setObjectName(child("search"));
    m_searchEdit->setAccessibleName(tr("Find in the lines"));
    m_searchEdit->setPlaceholderText(tr("Find"));
    m_searchEdit->setClearButtonEnabled(true);
    m_searchEdit->setMaximumWidth(220);
    m_searchEdit->installEventFilter(this);
    m_matches->setObjectName(child("matches"));
    m_lines->setObjectName(child("count"));
    m_empty->setObjectName(child("empty"));
    m_empty->setEnabled(false);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_view->viewport()->installEventFilter(this);

    auto* previous = button(QStringLiteral("previous"), QStringLiteral("up"), tr("Previous match"));
    auto* next = button(QStringLiteral("next"), QStringLiteral("down"), tr("Next match"));
    m_follow = button(QStringLiteral("follow"), QStringLiteral("follow"), tr("Follow new lines"));
    m_follow->setCheckable(true);
    m_follow->setChecked(true);
    auto* saveButton
        = button(QStringLiteral("save"), QStringLiteral("save"), tr("Save the lines…"));

    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(6, 4, 8, 4);
    bar->setSpacing(4);
    bar->addWidget(m_filterEdit, 1);
    bar->addWidget(m_searchEdit);
    bar->addWidget(m_matches);
    for (auto* widget : {previous, next, m_follow, saveButton})
        bar->addWidget(widget);
    bar->addWidget(m_lines);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_view, 1);

    m_view->setModel(model);
    m_view->setFilter(m_filter);
    m_view->setSearch(m_search);
    connect(model, &QAbstractItemModel::rowsInserted, m_filter, &LogFilter::update);
    connect(model, &QAbstractItemModel::rowsInserted, m_search, &LogFilter::update);
    connect(m_filterEdit, &QLineEdit::textChanged, this,
            [this] { applyPattern(m_filterEdit, m_filter); });
    connect(m_searchEdit, &QLineEdit::textChanged, this, [this] {
        m_current = -1;
        applyPattern(m_searchEdit, m_search);
    });
    connect(previous, &QToolButton::clicked, this, [this] { go(-1); });
    connect(next, &QToolButton::clicked, this, [this] { go(1); });
    connect(m_follow, &QToolButton::toggled, m_view, &LogView::setFollowsEnd);
    connect(m_view, &LogView::followsEndChanged, m_follow, &QToolButton::setChecked);
    connect(saveButton, &QToolButton::clicked, this, &LogPanel::save);
    connect(m_view, &LogView::shownRowsChanged, this, &LogPanel::showCounts);
    connect(m_search, &LogFilter::found, this, &LogPanel::showCounts);
    connect(m_search, &LogFilter::finished, this, [this] {
        if (m_current < 0 && m_search->active())
            go(1); // the first match comes into view
        showCounts();
    });
    showCounts();
}

QToolButton* LogPanel::button(const QString& name, const QString& iconName, const QString& tip)
{
    auto* made = new QToolButton(this);
    made->setObjectName(m_area + QLatin1Char('.') + name);
    made->setAccessibleName(tip);
    made->setToolTip(tip);
    made->setIcon(icon(iconName));
    made->setAutoRaise(true);
    return made;
}

void LogPanel::setEmptyText(const QString& text)
{
    m_empty->setText(text);
    placeEmptyText();
}

void LogPanel::placeEmptyText()
{
    m_empty->setGeometry(m_view->viewport()->rect());
}

bool LogPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_view->viewport() && event->type() == QEvent::Resize)
        placeEmptyText();
    if (watched == m_searchEdit && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
            go(key->modifiers() & Qt::ShiftModifier ? -1 : 1);
            return true;
        }
        if (key->key() == Qt::Key_Escape) {
            m_searchEdit->clear();
            m_view->setFocus();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void LogPanel::focusSearch()
{
    m_searchEdit->setFocus();
    m_searchEdit->selectAll();
}

void LogPanel::applyPattern(QLineEdit* edit, LogFilter* filter)
{
    auto pattern = patternOf(edit->text());
    if (filter == m_filter) {
        pattern.source = m_scopeSource;
        pattern.descriptor = m_scopeDescriptor;
    }
    const auto error = filter->setPattern(pattern);
    edit->setProperty("invalid", !error.isEmpty());
    edit->setToolTip(error);
    edit->style()->unpolish(edit);
    edit->style()->polish(edit);
    showCounts();
}

void LogPanel::setScope(const QString& source, int descriptor)
{
    m_scopeSource = source;
    m_scopeDescriptor = descriptor;
    applyPattern(m_filterEdit, m_filter);
}

void LogPanel::addLeading(const QList<QWidget*>& widgets)
{
    auto* bar = static_cast<QHBoxLayout*>(layout()->itemAt(0)->layout());
    int at = 0;
    for (auto* widget : widgets)
        bar->insertWidget(at++, widget);
}

void LogPanel::go(int direction)
{
    const auto at = m_view->goToMatch(direction);
    m_current = at ? *at : -1;
    showCounts();
}

void LogPanel::showCounts()
{
    const QLocale locale(QLocale::English);
    const auto found = static_cast<int>(m_search->matches().size());
    m_matches->setVisible(m_search->active());
    m_matches->setText(
        m_current >= 0 ? tr("%1 of %2").arg(locale.toString(m_current + 1), locale.toString(found))
                       : tr("%1 found").arg(locale.toString(found)));
    const auto all = m_model->rowCount();
    m_lines->setText(
        m_filter->active()
            ? tr("%1 of %2 lines").arg(locale.toString(m_view->shownRows()), locale.toString(all))
            : tr("%1 lines").arg(locale.toString(all)));
    m_empty->setVisible(all == 0);
}

void LogPanel::save()
{
    auto* dialog = new QFileDialog(this, tr("Save the lines"));
    dialog->setObjectName(m_area + QStringLiteral(".saveDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(m_area + QStringLiteral(".txt"));
    connect(
        dialog, &QFileDialog::fileSelected, this, [store = m_model->store()](const QString& path) {
            QThreadPool::globalInstance()->start([store, path] {
                QSaveFile file(path);
                if (!file.open(QIODevice::WriteOnly))
                    return;
                auto next = store->firstLine();
                for (auto from = next + 1; from != next;) {
                    from = next;
                    next
                        = store->visitChunk(next, [&](std::uint64_t, const models::LogInput& line) {
                              file.write(line.text.data(), static_cast<qint64>(line.text.size()));
                              file.write("\n");
                          });
                }
                file.commit();
            });
        });
    dialog->open();
}

} // namespace app::widgets
