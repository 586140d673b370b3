// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/Outline.h"

namespace app::models {

QVector<OutlineEntry> Outline::runnable() const
{
    using Kind = OutlineEntry::Kind;
    QVector<OutlineEntry> found;
    const auto visit
        = [&](const auto& self, const OutlineEntry& entry, const QString& prefix) -> void {
        if (entry.kind == Kind::Function || entry.kind == Kind::EntryPoint
            || entry.kind == Kind::Method) {
            auto copy = entry;
            copy.name = prefix + entry.name;
            found.push_back(copy);
        }
        for (const auto& child : entry.children)
            self(self, child,
                 entry.kind == Kind::Class ? entry.name + QLatin1Char('.') : QString());
    };
    for (const auto& entry : entries)
        visit(visit, entry, {});
    return found;
}

QString signature(const OutlineEntry& entry)
{
    QStringList parts;
    for (const auto& parameter : entry.parameters) {
        auto part = parameter.name;
        if (!parameter.defaultValue.isEmpty())
            part += QLatin1Char('=') + parameter.defaultValue;
        parts << part;
    }
    return entry.name + QLatin1Char('(') + parts.join(QLatin1String(", ")) + QLatin1Char(')');
}

} // namespace app::models
