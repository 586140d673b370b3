// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/Outline.h"

#include <QAbstractItemModel>

#include <memory>
#include <vector>

namespace app::models {

/// The tree beside the editor: apps with their functions and classes, then images, kernels,
/// volumes and secrets, over all files of the project.
class AppOutlineModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Role { KindRole = Qt::UserRole, FileRole, LineRole, RunnableRole, NameRole };
    enum Column { Name, Detail, ColumnCount };

    /// A function that can be run, with the file that has it.
    struct Runnable {
        QString file;
        OutlineEntry entry;
    };

    explicit AppOutlineModel(QObject* parent = nullptr);
    ~AppOutlineModel() override;

    /// The outline of a file; an empty one takes the file out.
    void setOutline(const QString& file, const Outline& outline);
    void clear();
    [[nodiscard]] QVector<Runnable> runnable() const;
    [[nodiscard]] Outline outline(const QString& file) const { return m_outlines.value(file); }
    [[nodiscard]] const QMap<QString, Outline>& outlines() const { return m_outlines; }

    [[nodiscard]] QModelIndex index(int row, int column,
                                    const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& child) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    struct Node;

    void rebuild();
    void add(Node& parent, const QString& file, const OutlineEntry& entry, const QString& prefix);
    [[nodiscard]] Node* nodeAt(const QModelIndex& index) const;

    QMap<QString, Outline> m_outlines;
    std::unique_ptr<Node> m_root;
};

} // namespace app::models
