// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/AppOutlineModel.h"

namespace app::models {

using Kind = OutlineEntry::Kind;

struct AppOutlineModel::Node {
    Node* parent = nullptr;
    int row = 0;
    bool group = false; ///< a heading: Images, Volumes, …
    QString file;
    QString runName; ///< "Model.infer", empty when it cannot be run
    QString title;
    QString detail;
    OutlineEntry entry;
    std::vector<std::unique_ptr<Node>> children;

    Node& append(std::unique_ptr<Node> child)
    {
        child->parent = this;
        child->row = static_cast<int>(children.size());
        children.push_back(std::move(child));
        return *children.back();
    }
};

AppOutlineModel::AppOutlineModel(QObject* parent)
    : QAbstractItemModel(parent)
    , m_root(std::make_unique<Node>())
{
}

AppOutlineModel::~AppOutlineModel() = default;

void AppOutlineModel::setOutline(const QString& file, const Outline& outline)
{
    if (outline.isEmpty()) {
        if (m_outlines.remove(file) == 0)
            return;
    } else
        m_outlines[file] = outline;
    rebuild();
}

void AppOutlineModel::clear()
{
    m_outlines.clear();
    rebuild();
}

QVector<AppOutlineModel::Runnable> AppOutlineModel::runnable() const
{
    QVector<Runnable> all;
    for (auto it = m_outlines.begin(); it != m_outlines.end(); ++it)
        for (const auto& entry : it->runnable())
            all.push_back({it.key(), entry});
    return all;
}

void AppOutlineModel::add(Node& parent, const QString& file, const OutlineEntry& entry,
                          const QString& prefix)
{
    auto node = std::make_unique<Node>();
    node->file = file;
    node->entry = entry;
    node->title = entry.name;
    node->detail = entry.detail;
    if (entry.kind == Kind::Function || entry.kind == Kind::EntryPoint
        || entry.kind == Kind::Method)
        node->runName = prefix + entry.name;
    auto& added = parent.append(std::move(node));
    int functions = 0;
    for (const auto& child : entry.children) {
        add(added, file, child,
            entry.kind == Kind::Class ? entry.name + QLatin1Char('.') : QString());
        functions += child.kind == Kind::EntryPoint ? 0 : 1;
    }
    if (entry.kind == Kind::App) {
        added.title = tr("App %1").arg(entry.name);
        added.detail = tr("%n fn", nullptr, functions);
        added.detail.replace(QLatin1String("%n"), QString::number(functions));
    }
}

void AppOutlineModel::rebuild()
{
    beginResetModel();
    m_root = std::make_unique<Node>();
    const std::pair<Kind, QString> groups[] {{Kind::Image, tr("Images")},
                                             {Kind::Kernel, tr("CUDA kernels")},
                                             {Kind::Volume, tr("Volumes")},
                                             {Kind::Secret, tr("Secrets")}};
    for (auto it = m_outlines.begin(); it != m_outlines.end(); ++it)
        for (const auto& entry : it->entries)
            if (entry.kind == Kind::App)
                add(*m_root, it.key(), entry, {});
    for (const auto& [kind, title] : groups) {
        auto heading = std::make_unique<Node>();
        heading->group = true;
        heading->title = title;
        heading->entry.kind = kind;
        for (auto it = m_outlines.begin(); it != m_outlines.end(); ++it)
            for (const auto& entry : it->entries)
                if (entry.kind == kind)
                    add(*heading, it.key(), entry, {});
        if (!heading->children.empty())
            m_root->append(std::move(heading));
    }
    endResetModel();
}

AppOutlineModel::Node* AppOutlineModel::nodeAt(const QModelIndex& index) const
{
    return index.isValid() ? static_cast<Node*>(index.internalPointer()) : m_root.get();
}

QModelIndex AppOutlineModel::index(int row, int column, const QModelIndex& parent) const
{
    const auto* node = nodeAt(parent);
    if (parent.column() > 0 || row < 0 || row >= static_cast<int>(node->children.size())
        || column < 0 || column >= ColumnCount)
        return {};
    return createIndex(row, column, node->children[static_cast<std::size_t>(row)].get());
}

QModelIndex AppOutlineModel::parent(const QModelIndex& child) const
{
    if (!child.isValid())
        return {};
    auto* above = nodeAt(child)->parent;
    return above == nullptr || above == m_root.get() ? QModelIndex()
                                                     : createIndex(above->row, 0, above);
}

int AppOutlineModel::rowCount(const QModelIndex& parent) const
{
    return parent.column() > 0 ? 0 : static_cast<int>(nodeAt(parent)->children.size());
}

int AppOutlineModel::columnCount(const QModelIndex&) const
{
    return ColumnCount;
}

QVariant AppOutlineModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const auto* node = nodeAt(index);
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == Name ? node->title : node->detail;
    case Qt::ToolTipRole:
        if (node->group)
            return {};
        return node->entry.parameters.isEmpty() ? node->title : signature(node->entry);
    case KindRole:
        return node->group ? -1 : static_cast<int>(node->entry.kind);
    case FileRole:
        return node->file;
    case LineRole:
        return node->entry.line;
    case RunnableRole:
        return !node->runName.isEmpty();
    case NameRole:
        return node->runName;
    default:
        return {};
    }
}

QVariant AppOutlineModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == Name ? tr("Name") : tr("Detail");
}

} // namespace app::models
