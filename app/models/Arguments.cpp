// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/Arguments.h"

#include <QSet>

#include <algorithm>

namespace app::models {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;

namespace {

Error invalid(const QString& why)
{
    return {ErrorCode::Invalid, why.toStdString()};
}

/// Splits at blanks outside quotes; the quotes go away.
Result<QStringList> words(const QString& line)
{
    QStringList found;
    QString word;
    QChar quote;
    bool open = false;
    for (const auto c : line) {
        if (!quote.isNull()) {
            if (c == quote)
                quote = QChar();
            else
                word += c;
        } else if (c == u'"' || c == u'\'') {
            quote = c;
            open = true;
        } else if (c.isSpace() && word.isEmpty() && !open) {
            continue;
        } else if (c.isSpace()) {
            found << word;
            word.clear();
            open = false;
        } else
            word += c;
    }
    if (!quote.isNull())
        return invalid(QStringLiteral("a quote is not closed"));
    if (!word.isEmpty() || open)
        found << word;
    return found;
}

Result<QStringList> checked(const OutlineParameter& parameter, const QString& value)
{
    const auto flag = QStringLiteral("--") + QString(parameter.name).replace(u'_', u'-');
    bool good = true;
    const auto kind = parameter.annotation.section(u'|', 0, 0).trimmed();
    if (kind == QLatin1String("int"))
        value.toLongLong(&good);
    else if (kind == QLatin1String("float"))
        value.toDouble(&good);
    else if (kind == QLatin1String("bool")) {
        const auto lower = value.toLower();
        if (lower == QLatin1String("true") || lower == QLatin1String("1"))
            return QStringList {flag};
        if (lower == QLatin1String("false") || lower == QLatin1String("0"))
            return QStringList {QStringLiteral("--no-") + flag.mid(2)};
        good = false;
    }
    if (!good)
        return invalid(QStringLiteral("%1 must be %2, not \"%3\"")
                           .arg(parameter.name,
                                kind == QLatin1String("int") ? QStringLiteral("a whole number")
                                    : kind == QLatin1String("float")
                                    ? QStringLiteral("a number")
                                    : QStringLiteral("true or false"),
                                value));
    return QStringList {flag, value};
}

} // namespace

Result<QStringList> runArguments(const QString& line, const OutlineEntry& function)
{
    TRY_ASSIGN(const auto typed, words(line));
    QStringList arguments;
    QSet<QString> given;
    for (const auto& word : typed) {
        const auto equals = word.indexOf(u'=');
        const auto name = word.left(equals);
        if (equals <= 0)
            return invalid(QStringLiteral("\"%1\" is not NAME=VALUE").arg(word));
        const auto parameter = std::find_if(function.parameters.begin(), function.parameters.end(),
                                            [&](const auto& known) { return known.name == name; });
        if (parameter == function.parameters.end())
            return invalid(QStringLiteral("%1 has no parameter %2").arg(function.name, name));
        if (given.contains(name))
            return invalid(QStringLiteral("%1 is given twice").arg(name));
        given.insert(name);
        TRY_ASSIGN(const auto words, checked(*parameter, word.mid(equals + 1)));
        arguments += words;
    }
    for (const auto& parameter : function.parameters)
        if (parameter.defaultValue.isEmpty() && !parameter.variadic
            && !given.contains(parameter.name))
            return invalid(QStringLiteral("%1 needs %2=…").arg(function.name, parameter.name));
    return arguments;
}

QString argumentHint(const OutlineEntry& function)
{
    QStringList parts;
    for (const auto& parameter : function.parameters)
        if (!parameter.variadic)
            parts << parameter.name + u'=' + parameter.defaultValue;
    return parts.isEmpty() ? QStringLiteral("no arguments") : parts.join(u' ');
}

} // namespace app::models
