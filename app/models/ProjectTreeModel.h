// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractItemModel>
#include <QHash>

#include <memory>
#include <vector>

namespace app::models {

/// A file or folder, as a scan found it.
struct FileNode {
    QString name;
    bool folder = false;
    std::vector<FileNode> children; ///< folders first, then by name
    bool operator==(const FileNode&) const = default;
};

/// What git says of the project.
struct GitState {
    bool repository = false;
    QString branch;
    int ahead = 0;
    int behind = 0;
    QHash<QString, QChar> files; ///< relative path → M, A, D, R, U (not tracked), C (conflict)
    bool operator==(const GitState&) const = default;
};

/// The tree of the opened folder with git's letters. Fed with values; reads no disk.
class ProjectTreeModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Role { PathRole = Qt::UserRole, FolderRole, GitRole };
    enum Column { Name, Git, ColumnCount };

    explicit ProjectTreeModel(QObject* parent = nullptr);
    ~ProjectTreeModel() override;

    /// Rows are only reset when the files are others than before.
    void setTree(const QString& folder, const FileNode& root);
    void setGit(const GitState& state);
    [[nodiscard]] QString folder() const { return m_folder; }
    [[nodiscard]] const GitState& git() const { return m_git; }
    /// All files, relative to the folder.
    [[nodiscard]] QStringList files() const;
    [[nodiscard]] QModelIndex indexOf(const QString& relativePath) const;

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

    static void fill(Node& node, const FileNode& from);
    [[nodiscard]] Node* nodeAt(const QModelIndex& index) const;
    [[nodiscard]] QChar letter(const Node& node) const;

    QString m_folder;
    FileNode m_tree;
    GitState m_git;
    std::unique_ptr<Node> m_root;
};

} // namespace app::models
