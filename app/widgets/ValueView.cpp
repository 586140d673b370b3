// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/ValueView.h"

#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"
#include "app/widgets/PictureView.h"
#include "app/widgets/Theme.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

namespace app::widgets {

using models::ValueForm;

ValueView::ValueView(QWidget* parent)
    : QWidget(parent)
    , m_title(named(new QLabel(this), "result.title", tr("Result")))
    , m_stack(named(new QStackedWidget(this), "result.stack", tr("Result")))
    , m_sentence(named(new QLabel(this), "result.sentence", tr("Result")))
    , m_text(named(new QPlainTextEdit(this), "result.text", tr("Text of the result")))
    , m_table(named(new QTableView(this), "result.table", tr("Table of the result")))
    , m_tree(named(new QTreeView(this), "result.tree", tr("Tree of the result")))
    , m_picture(named(new PictureView(this), "result.picture", tr("Picture of the result")))
{
    name(this, "result.view", tr("Result"));
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(10, 4, 8, 4);
    bar->setSpacing(2);
    bar->addWidget(m_title, 1);
    m_title->setTextFormat(Qt::PlainText);
    auto* in = button("result.zoomIn", QStringLiteral("zoom-in"), tr("Larger"));
    auto* out = button("result.zoomOut", QStringLiteral("zoom-out"), tr("Smaller"));
    auto* fit = button("result.fit", QStringLiteral("fit"), tr("Fit the view"));
    auto* save = button("result.save", QStringLiteral("save"), tr("Save the picture…"));
    m_copy = button("result.copy", QStringLiteral("copy"), tr("Copy the result"));
    m_pictureTools = {in, out, fit, save};
    for (auto* tool : {in, out, fit, save, m_copy})
        bar->addWidget(tool);
    connect(in, &QToolButton::clicked, m_picture, [this] { m_picture->zoom(1.25); });
    connect(out, &QToolButton::clicked, m_picture, [this] { m_picture->zoom(0.8); });
    connect(fit, &QToolButton::clicked, m_picture, &PictureView::fit);
    connect(save, &QToolButton::clicked, m_picture, &PictureView::save);
    connect(m_copy, &QToolButton::clicked, this, &ValueView::copy);

    m_sentence->setAlignment(Qt::AlignCenter);
    m_sentence->setWordWrap(true);
    m_sentence->setEnabled(false);
    m_text->setReadOnly(true);
    m_text->setFont(codeFont(10));
    m_table->setModel(&m_tableModel);
    m_table->setAlternatingRowColors(true);
    m_table->setShowGrid(false);
    m_table->verticalHeader()->setDefaultSectionSize(24);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_tree->setModel(&m_treeModel);
    m_tree->setUniformRowHeights(true);
    m_tree->setAlternatingRowColors(true);
    for (QWidget* page : {static_cast<QWidget*>(m_sentence), static_cast<QWidget*>(m_text),
                          static_cast<QWidget*>(m_table), static_cast<QWidget*>(m_tree),
                          static_cast<QWidget*>(m_picture)})
        m_stack->addWidget(page);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_stack, 1);
    showNothing(tr("Run a function to see what it returns."));
}

QToolButton* ValueView::button(const char* objectName, const QString& iconName, const QString& tip)
{
    auto* made = named(new QToolButton(this), objectName, tip);
    made->setIcon(icon(iconName));
    made->setToolTip(tip);
    made->setAutoRaise(true);
    return made;
}

bool ValueView::hasPicture() const
{
    return m_stack->currentWidget() == m_picture && !m_picture->image().isNull();
}

void ValueView::showTools()
{
    for (auto* tool : m_pictureTools)
        tool->setVisible(hasPicture());
    m_copy->setVisible(m_stack->currentWidget() != m_sentence);
}

void ValueView::showValue(const QString& title, std::shared_ptr<const models::Pickle> value,
                          const QImage& image)
{
    m_failed = false;
    m_title->setText(title);
    m_title->setStyleSheet({});
    m_form = formOf(*value);
    switch (m_form) {
    case ValueForm::Nothing:
        m_sentence->setText(tr("The function returned None."));
        m_stack->setCurrentWidget(m_sentence);
        break;
    case ValueForm::Text:
        m_text->setPlainText(QString::fromStdString(value->value().text));
        m_stack->setCurrentWidget(m_text);
        break;
    case ValueForm::Table:
        m_tableModel.set(value);
        m_table->resizeColumnsToContents();
        m_stack->setCurrentWidget(m_table);
        break;
    case ValueForm::Picture:
        if (!image.isNull()) {
            const auto& bytes = value->value().text;
            m_picture->setPicture(QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size())),
                                  image);
            m_stack->setCurrentWidget(m_picture);
            m_picture->fit();
            break;
        }
        [[fallthrough]];
    case ValueForm::Tree:
        m_treeModel.set(value);
        m_tree->expandToDepth(1);
        m_tree->setColumnWidth(0, 240);
        m_tree->setColumnWidth(1, 420);
        m_stack->setCurrentWidget(m_tree);
        break;
    }
    showTools();
}

void ValueView::showFailure(const QString& title, const QString& message, const QString& details)
{
    m_failed = true;
    m_title->setText(title);
    m_title->setStyleSheet(QStringLiteral("color: ") + coloursOf(palette()).error.name());
    m_text->setPlainText(details.isEmpty() ? message : message + QStringLiteral("\n\n") + details);
    m_stack->setCurrentWidget(m_text);
    showTools();
}

void ValueView::showNothing(const QString& sentence)
{
    m_failed = false;
    m_title->setText(QString());
    m_title->setStyleSheet({});
    m_sentence->setText(sentence);
    m_stack->setCurrentWidget(m_sentence);
    showTools();
}

void ValueView::copy() const
{
    auto* clipboard = QGuiApplication::clipboard();
    if (m_stack->currentWidget() == m_picture) {
        m_picture->copy();
    } else if (m_stack->currentWidget() == m_table) {
        QStringList lines;
        for (int row = -1; row < m_tableModel.rowCount(); ++row) {
            QStringList cells;
            for (int column = 0; column < m_tableModel.columnCount(); ++column)
                cells << (row < 0 ? m_tableModel.headerData(column, Qt::Horizontal, Qt::DisplayRole)
                                  : m_tableModel.index(row, column).data())
                             .toString();
            lines << cells.join(u'\t');
        }
        clipboard->setText(lines.join(u'\n'));
    } else if (m_stack->currentWidget() == m_tree) {
        const auto index
            = m_tree->currentIndex().isValid() ? m_tree->currentIndex() : m_treeModel.index(0, 0);
        clipboard->setText(index.siblingAtColumn(models::ValueTreeModel::Value).data().toString());
    } else
        clipboard->setText(m_text->toPlainText());
}

void ValueView::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_failed)
        m_title->setStyleSheet(QStringLiteral("color: ") + coloursOf(palette()).error.name());
}

} // namespace app::widgets
