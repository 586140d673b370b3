// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/ProjectTreeModel.h"

#include <functional>

namespace app::models {

struct ProjectTreeModel::Node {
    Node* parent = nullptr;
    int row = 0;
    QString name;
    QString path; ///< relative
    bool folder = false;
    std::vector<std::unique_ptr<Node>> children;
};

ProjectTreeModel::ProjectTreeModel(QObject* parent)
    : QAbstractItemModel(parent)
    , m_root(std::make_unique<Node>())
{
}

ProjectTreeModel::~ProjectTreeModel() = default;

void ProjectTreeModel::fill(Node& node, const FileNode& from)
{
    for (const auto& child : from.children) {
        auto made = std::make_unique<Node>();
        made->parent = &node;
        made->row = static_cast<int>(node.children.size());
        made->name = child.name;
        made->path = node.path.isEmpty() ? child.name : node.path + u'/' + child.name;
        made->folder = child.folder;
        fill(*made, child);
        node.children.push_back(std::move(made));
    }
}

void ProjectTreeModel::setTree(const QString& folder, const FileNode& root)
{
    if (folder == m_folder && root == m_tree)
        return;
    beginResetModel();
    m_folder = folder;
    m_tree = root;
    m_root = std::make_unique<Node>();
    m_root->folder = true;
    fill(*m_root, root);
    endResetModel();
}

void ProjectTreeModel::setGit(const GitState& state)
{
    if (state == m_git)
        return;
    m_git = state;
    const std::function<void(const QModelIndex&)> changed = [&](const QModelIndex& above) {
        const auto rows = rowCount(above);
        if (rows == 0)
            return;
        Q_EMIT dataChanged(index(0, 0, above), index(rows - 1, ColumnCount - 1, above));
        for (int row = 0; row < rows; ++row)
            changed(index(row, 0, above));
    };
    changed({});
}

QStringList ProjectTreeModel::files() const
{
    QStringList found;
    const std::function<void(const Node&)> visit = [&](const Node& node) {
        for (const auto& child : node.children) {
            if (!child->folder)
                found << child->path;
            visit(*child);
        }
    };
    visit(*m_root);
    return found;
}

QModelIndex ProjectTreeModel::indexOf(const QString& relativePath) const
{
    QModelIndex at;
    for (const auto& part : relativePath.split(u'/')) {
        bool found = false;
        for (int row = 0; row < rowCount(at) && !found; ++row) {
            const auto child = index(row, 0, at);
            if (nodeAt(child)->name == part) {
                at = child;
                found = true;
            }
        }
        if (!found)
            return {};
    }
    return at;
}

/// A folder shows that something in it has changed.
QChar ProjectTreeModel::letter(const Node& node) const
{
    if (!node.folder)
        return m_git.files.value(node.path);
    const auto below = node.path + u'/';
    const auto own = m_git.files.value(below); // git names an untracked folder by its own
    if (!own.isNull())
        return own;
    for (auto it = m_git.files.begin(); it != m_git.files.end(); ++it)
        if (it.key().startsWith(below))
            return QChar(u'•');
    return {};
}

ProjectTreeModel::Node* ProjectTreeModel::nodeAt(const QModelIndex& index) const
{
    return index.isValid() ? static_cast<Node*>(index.internalPointer()) : m_root.get();
}

QModelIndex ProjectTreeModel::index(int row, int column, const QModelIndex& parent) const
{
    const auto* node = nodeAt(parent);
    if (parent.column() > 0 || row < 0 || row >= static_cast<int>(node->children.size())
        || column < 0 || column >= ColumnCount)
        return {};
    return createIndex(row, column, node->children[static_cast<std::size_t>(row)].get());
}

QModelIndex ProjectTreeModel::parent(const QModelIndex& child) const
{
    if (!child.isValid())
        return {};
    auto* above = nodeAt(child)->parent;
    return above == nullptr || above == m_root.get() ? QModelIndex()
                                                     : createIndex(above->row, 0, above);
}

int ProjectTreeModel::rowCount(const QModelIndex& parent) const
{
    return parent.column() > 0 ? 0 : static_cast<int>(nodeAt(parent)->children.size());
}

int ProjectTreeModel::columnCount(const QModelIndex&) const
{
    return ColumnCount;
}

QVariant ProjectTreeModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const auto* node = nodeAt(index);
    switch (role) {
    case Qt::DisplayRole:
        if (index.column() == Name)
            return node->name;
        return letter(*node).isNull() ? QVariant() : QString(letter(*node));
    case PathRole:
        return m_folder + u'/' + node->path;
    case FolderRole:
        return node->folder;
    case GitRole:
        return QString(letter(*node));
    case Qt::ToolTipRole:
        return node->path;
    default:
        return {};
    }
}

QVariant ProjectTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == Name ? tr("File") : tr("Git");
}

} // namespace app::models
