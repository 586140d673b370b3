// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/ValueModels.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QStackedWidget;
class QTableView;
class QToolButton;
class QTreeView;

namespace app::widgets {

class PictureView;

/// Shows what a function returned: picture, table, text or tree; or how it failed.
class ValueView : public QWidget {
    Q_OBJECT

public:
    explicit ValueView(QWidget* parent = nullptr);

    /// `image` is the decoded picture of a pickle whose form is Picture.
    void showValue(const QString& title, std::shared_ptr<const models::Pickle> value,
                   const QImage& image = {});
    void showFailure(const QString& title, const QString& message, const QString& details);
    /// One sentence in place of a result.
    void showNothing(const QString& sentence);

    [[nodiscard]] models::ValueForm form() const { return m_form; }
    [[nodiscard]] bool hasPicture() const;
    [[nodiscard]] PictureView* picture() const { return m_picture; }

protected:
    void changeEvent(QEvent* event) override;

private:
    QToolButton* button(const char* objectName, const QString& icon, const QString& tip);
    void showTools();
    void copy() const;

    QLabel* m_title;
    QStackedWidget* m_stack;
    QLabel* m_sentence;
    QPlainTextEdit* m_text;
    QTableView* m_table;
    QTreeView* m_tree;
    PictureView* m_picture;
    QList<QToolButton*> m_pictureTools;
    QToolButton* m_copy;
    models::ValueTableModel m_tableModel;
    models::ValueTreeModel m_treeModel;
    models::ValueForm m_form = models::ValueForm::Nothing;
    bool m_failed = false;
};

} // namespace app::widgets
