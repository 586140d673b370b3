// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/Pickle.h"

#include <QAbstractItemModel>

#include <memory>
#include <optional>

namespace app::models {

/// How a result is best looked at.
enum class ValueForm { Tree, Table, Text, Picture, Nothing };

/// Bytes that start like PNG, JPEG, GIF, BMP or WebP are a picture; a list of dictionaries or of
/// equally long lists is a table; a string is text; None is nothing; the rest is a tree.
[[nodiscard]] ValueForm formOf(const Pickle& pickle);
[[nodiscard]] bool looksLikePicture(std::string_view bytes);

/// A list of records or of rows, as a table.
class ValueTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    void set(std::shared_ptr<const Pickle> pickle);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    [[nodiscard]] std::optional<std::uint32_t> cell(int row, int column) const;

    std::shared_ptr<const Pickle> m_pickle;
    QStringList m_titles; ///< the keys; numbers for rows of lists
    bool m_records = false;
};

/// Any value as a tree, unfolded as far as it is looked at.
class ValueTreeModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Column { Name, Value, Type, ColumnCount };

    explicit ValueTreeModel(QObject* parent = nullptr);
    ~ValueTreeModel() override;

    void set(std::shared_ptr<const Pickle> pickle);

    [[nodiscard]] QModelIndex index(int row, int column,
                                    const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& child) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] bool hasChildren(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    struct Node;

    [[nodiscard]] Node* nodeAt(const QModelIndex& index) const;
    void unfold(Node& node) const;

    std::shared_ptr<const Pickle> m_pickle;
    std::unique_ptr<Node> m_root;
};

} // namespace app::models
