// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/ValueModels.h"

#include <QStringList>

#include <algorithm>

namespace app::models {

using Kind = PickleNode::Kind;

namespace {

bool isRow(const PickleNode& node)
{
    return node.kind == Kind::List || node.kind == Kind::Tuple;
}

QString typeName(const PickleNode& node)
{
    switch (node.kind) {
    case Kind::None:
        return QStringLiteral("None");
    case Kind::Boolean:
        return QStringLiteral("bool");
    case Kind::Integer:
    case Kind::BigInteger:
        return QStringLiteral("int");
    case Kind::Real:
        return QStringLiteral("float");
    case Kind::Text:
        return QStringLiteral("str");
    case Kind::Bytes:
        return QStringLiteral("bytes[%1]").arg(node.text.size());
    case Kind::List:
        return QStringLiteral("list[%1]").arg(node.items.size());
    case Kind::Tuple:
        return QStringLiteral("tuple[%1]").arg(node.items.size());
    case Kind::Set:
        return QStringLiteral("set[%1]").arg(node.items.size());
    case Kind::Dictionary:
        return QStringLiteral("dict[%1]").arg(node.items.size() / 2);
    case Kind::Opaque:
        return QStringLiteral("object");
    }
    return {};
}

QString shown(const Pickle& pickle, std::uint32_t index)
{
    const auto& node = pickle.at(index);
    if (node.kind == Kind::Text)
        return QString::fromStdString(node.text.substr(0, 2000));
    return QString::fromStdString(describe(pickle, index));
}

bool isTable(const Pickle& pickle)
{
    const auto& list = pickle.value();
    if (list.kind != Kind::List || list.items.empty())
        return false;
    const auto& first = pickle.at(list.items.front());
    if (!isRow(first) && first.kind != Kind::Dictionary)
        return false;
    if (first.items.empty())
        return false;
    return std::all_of(list.items.begin(), list.items.end(), [&](std::uint32_t item) {
        const auto& row = pickle.at(item);
        if (first.kind == Kind::Dictionary)
            return row.kind == Kind::Dictionary;
        return isRow(row) && row.items.size() == first.items.size();
    });
}

} // namespace

bool looksLikePicture(std::string_view bytes)
{
    const auto starts
        = [&](std::string_view magic) { return bytes.substr(0, magic.size()) == magic; };
    return starts("\x89PNG\r\n\x1a\n") || starts("\xff\xd8\xff") || starts("GIF8")
        || (starts("RIFF") && bytes.size() > 12 && bytes.substr(8, 4) == "WEBP")
        || (starts("BM") && bytes.size() > 54);
}

ValueForm formOf(const Pickle& pickle)
{
    const auto& value = pickle.value();
    if (value.kind == Kind::None)
        return ValueForm::Nothing;
    if (value.kind == Kind::Bytes && looksLikePicture(value.text))
        return ValueForm::Picture;
    if (value.kind == Kind::Text)
        return ValueForm::Text;
    return isTable(pickle) ? ValueForm::Table : ValueForm::Tree;
}

void ValueTableModel::set(std::shared_ptr<const Pickle> pickle)
{
    beginResetModel();
    m_pickle = std::move(pickle);
    m_titles.clear();
    m_records = false;
    if (m_pickle && isTable(*m_pickle)) {
        const auto& rows = m_pickle->value().items;
        const auto& first = m_pickle->at(rows.front());
        m_records = first.kind == Kind::Dictionary;
        if (!m_records)
            for (std::size_t i = 0; i < first.items.size(); ++i)
                m_titles << QString::number(i);
        else
            for (const auto row : rows) {
                const auto& record = m_pickle->at(row);
                for (std::size_t i = 0; i + 1 < record.items.size() && m_titles.size() < 200;
                     i += 2) {
                    const auto key = shown(*m_pickle, record.items[i]);
                    if (!m_titles.contains(key))
                        m_titles << key;
                }
            }
    } else
        m_pickle.reset();
    endResetModel();
}

std::optional<std::uint32_t> ValueTableModel::cell(int row, int column) const
{
    const auto& record = m_pickle->at(m_pickle->value().items[std::size_t(row)]);
    if (!m_records) {
        if (std::size_t(column) < record.items.size())
            return record.items[std::size_t(column)];
        return {};
    }
    for (std::size_t i = 0; i + 1 < record.items.size(); i += 2)
        if (shown(*m_pickle, record.items[i]) == m_titles[column])
            return record.items[i + 1];
    return {};
}

int ValueTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_pickle ? 0 : static_cast<int>(m_pickle->value().items.size());
}

int ValueTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_titles.size());
}

QVariant ValueTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const auto node = cell(index.row(), index.column());
    if (!node)
        return {};
    const auto kind = m_pickle->at(*node).kind;
    if (role == Qt::DisplayRole)
        return shown(*m_pickle, *node);
    if (role == Qt::TextAlignmentRole)
        return kind == Kind::Integer || kind == Kind::Real ? int(Qt::AlignRight | Qt::AlignVCenter)
                                                           : int(Qt::AlignLeft | Qt::AlignVCenter);
    return {};
}

QVariant ValueTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (role != Qt::DisplayRole)
        return {};
    return orientation == Qt::Horizontal ? QVariant(m_titles.value(section)) : QVariant(section);
}

struct ValueTreeModel::Node {
    Node* parent = nullptr;
    int row = 0;
    QString name;
    std::uint32_t value = 0;
    bool unfolded = false;
    std::vector<std::unique_ptr<Node>> children;
};

ValueTreeModel::ValueTreeModel(QObject* parent)
    : QAbstractItemModel(parent)
{
}

ValueTreeModel::~ValueTreeModel() = default;

void ValueTreeModel::set(std::shared_ptr<const Pickle> pickle)
{
    beginResetModel();
    m_pickle = std::move(pickle);
    m_root.reset();
    if (m_pickle) {
        m_root = std::make_unique<Node>();
        auto top = std::make_unique<Node>();
        top->parent = m_root.get();
        top->name = tr("result");
        top->value = m_pickle->root;
        m_root->children.push_back(std::move(top));
        m_root->unfolded = true;
    }
    endResetModel();
}

void ValueTreeModel::unfold(Node& node) const
{
    if (node.unfolded)
        return;
    node.unfolded = true;
    const auto& value = m_pickle->at(node.value);
    const bool pairs = value.kind == Kind::Dictionary;
    const std::size_t step = pairs ? 2 : 1;
    constexpr std::size_t most = 10'000;
    for (std::size_t i = 0; i + step <= std::min(value.items.size(), most * step); i += step) {
        auto child = std::make_unique<Node>();
        child->parent = &node;
        child->row = static_cast<int>(node.children.size());
        child->name = pairs ? shown(*m_pickle, value.items[i]) : QString::number(i);
        child->value = value.items[i + step - 1];
        node.children.push_back(std::move(child));
    }
}

ValueTreeModel::Node* ValueTreeModel::nodeAt(const QModelIndex& index) const
{
    return index.isValid() ? static_cast<Node*>(index.internalPointer()) : m_root.get();
}

QModelIndex ValueTreeModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!m_root || parent.column() > 0 || column < 0 || column >= ColumnCount)
        return {};
    auto* node = nodeAt(parent);
    unfold(*node);
    if (row < 0 || row >= static_cast<int>(node->children.size()))
        return {};
    return createIndex(row, column, node->children[static_cast<std::size_t>(row)].get());
}

QModelIndex ValueTreeModel::parent(const QModelIndex& child) const
{
    if (!child.isValid())
        return {};
    auto* above = nodeAt(child)->parent;
    return above == nullptr || above == m_root.get() ? QModelIndex()
                                                     : createIndex(above->row, 0, above);
}

int ValueTreeModel::rowCount(const QModelIndex& parent) const
{
    if (!m_root || parent.column() > 0)
        return 0;
    auto* node = nodeAt(parent);
    unfold(*node);
    return static_cast<int>(node->children.size());
}

bool ValueTreeModel::hasChildren(const QModelIndex& parent) const
{
    if (!m_root || parent.column() > 0)
        return false;
    return !parent.isValid() || !m_pickle->at(nodeAt(parent)->value).items.empty();
}

int ValueTreeModel::columnCount(const QModelIndex&) const
{
    return ColumnCount;
}

QVariant ValueTreeModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || role != Qt::DisplayRole)
        return {};
    const auto* node = nodeAt(index);
    switch (index.column()) {
    case Name:
        return node->name;
    case Value:
        return shown(*m_pickle, node->value);
    default:
        return typeName(m_pickle->at(node->value));
    }
}

QVariant ValueTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == Name ? tr("Name") : section == Value ? tr("Value") : tr("Type");
}

} // namespace app::models
