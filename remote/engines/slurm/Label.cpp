// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/Label.h"

namespace remote::slurm {

namespace {
constexpr std::string_view prefix = "slipway:";
}

std::string Label::text() const
{
    return std::string(prefix) + tag + ":" + replicaId + ":" + deployment;
}

std::optional<Label> Label::parse(std::string_view comment)
{
    if (comment.substr(0, prefix.size()) != prefix)
        return std::nullopt;
    comment.remove_prefix(prefix.size());
    const auto first = comment.find(':');
    if (first == std::string_view::npos)
        return std::nullopt;
    const auto second = comment.find(':', first + 1);
    if (second == std::string_view::npos)
        return std::nullopt;
    Label label {std::string(comment.substr(0, first)),
                 std::string(comment.substr(first + 1, second - first - 1)),
                 std::string(comment.substr(second + 1))};
    if (label.tag.empty() || label.replicaId.empty())
        return std::nullopt;
    return label;
}

} // namespace remote::slurm
