// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/ImageSteps.h"
#include "app/models/Outline.h"
#include "app/models/PythonTokens.h"

#include <QHash>

#include <optional>

namespace app::models {

namespace {

using Kind = OutlineEntry::Kind;
using Tokens = QVector<PythonToken>;

/// What an expression calls, and with which arguments: "modal.App" of modal.App("x", y=1).
struct Call {
    QString callee; ///< dotted, aliases resolved
    QVector<Tokens> positional;
    QHash<QString, Tokens> named;
};

QString textOf(const Tokens& tokens)
{
    QString text;
    bool space = false;
    for (const auto& token : tokens) {
        const bool word = token.kind != PythonToken::Kind::Operator;
        if (space && word)
            text += QLatin1Char(' ');
        text += token.text;
        space = word || token.text == QLatin1String(",");
    }
    return text;
}

/// A text with values in it.
bool isFormatted(const PythonToken& token)
{
    for (const auto letter : token.text) {
        if (letter == u'"' || letter == u'\'')
            break;
        if (letter.toLower() == u'f')
            return token.text.contains(u'{');
    }
    return false;
}

bool isPunctuation(const PythonToken& token)
{
    return token.kind == PythonToken::Kind::Operator && token.text.size() == 1
        && QStringLiteral("()[]{},:*").contains(token.text);
}

/// The strings of "x" and ["x", "y"]; nothing when anything else takes part.
Tokens stringsOf(const Tokens& tokens)
{
    Tokens strings;
    for (const auto& token : tokens)
        if (token.kind == PythonToken::Kind::String && !isFormatted(token))
            strings << token;
        else if (!isPunctuation(token))
            return {};
    return strings;
}

/// The variable of image=NAME.
QString imageOf(const Call& call)
{
    const auto image = call.named.value(QStringLiteral("image"));
    return image.size() == 1 ? image.front().text : QString();
}

class Analyser {
public:
    Outline analyse(const QString& source);

private:
    struct Decorator {
        Call call;
        int line = 0;
    };

    void statement(const PythonLine& line);
    void import(const Tokens& tokens);
    void assignment(const PythonLine& line);
    void definition(const PythonLine& line);
    void addClass(const PythonLine& line, const QString& name);
    void addFunction(const PythonLine& line, qsizetype at, const QString& name);
    Call readCall(const Tokens& tokens, qsizetype at) const;
    QString constant(const Tokens& tokens) const;
    QVector<SourceText> texts(const Tokens& tokens) const;
    void imageSteps(const Tokens& tokens);
    ImageStep imageStep(const Tokens& tokens, qsizetype at) const;
    void describeResources(const Call& call, OutlineEntry& entry) const;
    OutlineEntry& appOf(const QString& variable);

    Outline m_outline;
    QHash<QString, QString> m_aliases; ///< local name → "modal", "modal.App", …
    QHash<QString, Tokens> m_constants; ///< NAME = "text" and NAME = ["text", …]: the texts
    QStringList m_images; ///< variables that hold one
    QHash<QString, int> m_apps; ///< variable → index into entries
    QVector<Decorator> m_decorators;
    int m_classIndent = -1; ///< of the class being read
    bool m_classKnown = false; ///< it is an app's
    std::optional<std::pair<int, int>> m_class; ///< app entry, child
};

Outline Analyser::analyse(const QString& source)
{
    for (const auto& line : pythonLines(source))
        statement(line);
    return std::move(m_outline);
}

void Analyser::statement(const PythonLine& line)
{
    const auto& first = line.tokens.front();
    imageSteps(line.tokens);
    if (m_classIndent >= 0 && line.indent <= m_classIndent) {
        m_classIndent = -1;
        m_class.reset();
    }
    if (first.text == u'@') {
        m_decorators.push_back({readCall(line.tokens, 1), first.line});
        return;
    }
    if (first.text == QLatin1String("def") || first.text == QLatin1String("class")
        || first.text == QLatin1String("async")) {
        definition(line);
        m_decorators.clear();
        return;
    }
    m_decorators.clear();
    if (first.text == QLatin1String("import") || first.text == QLatin1String("from"))
        import(line.tokens);
    else if (line.indent == 0)
        assignment(line);
}

void Analyser::import(const Tokens& tokens)
{
    const bool from = tokens.front().text == QLatin1String("from");
    if (tokens.size() < 2 || tokens[1].text != QLatin1String("modal"))
        return;
    if (!from) {
        const bool renamed = tokens.size() > 3 && tokens[2].text == QLatin1String("as");
        m_aliases[renamed ? tokens[3].text : QStringLiteral("modal")] = QStringLiteral("modal");
        return;
    }
    for (qsizetype i = 3; i < tokens.size(); ++i) {
        if (tokens[i].kind != PythonToken::Kind::Name)
            continue;
        const auto name = QStringLiteral("modal.") + tokens[i].text;
        if (i + 2 < tokens.size() && tokens[i + 1].text == QLatin1String("as"))
            i += 2;
        m_aliases[tokens[i].text] = name;
    }
}

/// Reads "a.b.c" or "a.b.c(…)" that starts at `at`.
Call Analyser::readCall(const Tokens& tokens, qsizetype at) const
{
    Call call;
    QStringList names;
    while (at < tokens.size() && tokens[at].kind == PythonToken::Kind::Name) {
        names << tokens[at].text;
        ++at;
        if (at >= tokens.size() || tokens[at].text != u'.')
            break;
        ++at;
    }
    if (names.isEmpty())
        return call;
    names.front() = m_aliases.value(names.front(), names.front());
    call.callee = names.join(QLatin1Char('.'));
    if (at >= tokens.size() || tokens[at].text != u'(')
        return call;
    ++at;
    for (auto& part : splitArguments(tokens, at)) {
        if (part.size() > 1 && part[0].kind == PythonToken::Kind::Name && part[1].text == u'=')
            call.named[part[0].text] = part.mid(2);
        else
            call.positional.push_back(part);
    }
    return call;
}

QString Analyser::constant(const Tokens& tokens) const
{
    if (tokens.size() != 1)
        return textOf(tokens);
    const auto known = m_constants.value(tokens[0].text);
    return stringContent(known.size() == 1 ? known[0] : tokens[0]);
}

/// The texts of "x", ["x", "y"] and of constants; nothing when anything else takes part.
QVector<SourceText> Analyser::texts(const Tokens& tokens) const
{
    QVector<SourceText> found;
    for (const auto& token : tokens) {
        if (token.kind == PythonToken::Kind::String && !isFormatted(token))
            found.push_back({stringContent(token), token.line});
        else if (const auto known = m_constants.constFind(token.text); known != m_constants.cend())
            found += texts(*known);
        else if (!isPunctuation(token))
            return {};
    }
    return found;
}

/// Notes each method of an image's chain in a statement, also inside other calls.
void Analyser::imageSteps(const Tokens& tokens)
{
    for (qsizetype i = 0; i + 2 < tokens.size(); ++i)
        if (tokens[i].text == u'.' && tokens[i + 2].text == u'('
            && isImageMethod(tokens[i + 1].text))
            m_outline.imageSteps.push_back(imageStep(tokens, i + 1));
}

ImageStep Analyser::imageStep(const Tokens& tokens, qsizetype at) const
{
    ImageStep step;
    step.method = tokens[at].text;
    step.line = tokens[at].line;
    at += 2;
    for (auto& part : splitArguments(tokens, at)) {
        if (part.size() > 1 && part[0].kind == PythonToken::Kind::Name && part[1].text == u'=')
            part.remove(0, 2);
        for (const auto& token : part) {
            if (const auto known = m_constants.constFind(token.text); known != m_constants.cend())
                for (const auto& text : *known)
                    step.words << stringContent(text);
            else if (token.kind == PythonToken::Kind::String && !isFormatted(token))
                step.words << stringContent(token);
            else if (!isPunctuation(token))
                step.literal = false;
        }
    }
    return step;
}

OutlineEntry& Analyser::appOf(const QString& variable)
{
    const auto known = m_apps.constFind(variable);
    if (known != m_apps.constEnd())
        return m_outline.entries[*known];
    OutlineEntry app; // imported from elsewhere, or written below its first use
    app.kind = Kind::App;
    app.name = variable;
    m_apps[variable] = static_cast<int>(m_outline.entries.size());
    m_outline.entries.push_back(app);
    return m_outline.entries.back();
}

void Analyser::assignment(const PythonLine& line)
{
    const auto& tokens = line.tokens;
    if (tokens.size() < 3 || tokens[0].kind != PythonToken::Kind::Name)
        return;
    qsizetype at = 1;
    while (at < tokens.size() && tokens[at].text != u'=')
        ++at; // past an annotation
    if (++at >= tokens.size() || (at > 2 && tokens[1].text != u':'))
        return;
    if (auto constants = stringsOf(tokens.mid(at)); !constants.isEmpty()) {
        m_constants[tokens[0].text] = std::move(constants);
        return;
    }
    while (at < tokens.size() && tokens[at].text == u'(')
        ++at;
    const auto call = readCall(tokens, at);
    OutlineEntry entry;
    entry.line = tokens[0].line;
    entry.name = tokens[0].text;
    const auto name = call.named.contains(QStringLiteral("name"))
        ? constant(call.named[QStringLiteral("name")])
        : call.positional.isEmpty() ? QString()
                                    : constant(call.positional.front());
    if (call.callee == QLatin1String("modal.App") || call.callee == QLatin1String("modal.Stub")) {
        entry.kind = Kind::App;
        if (!name.isEmpty())
            entry.name = name;
        entry.image = imageOf(call);
        m_apps[tokens[0].text] = static_cast<int>(m_outline.entries.size());
    } else if (call.callee.startsWith(QLatin1String("modal.Image."))) {
        entry.kind = Kind::Image;
        entry.detail = call.callee.section(QLatin1Char('.'), 2, 2);
        m_images << entry.name;
    } else if (m_images.contains(call.callee.section(QLatin1Char('.'), 0, 0))
               && isImageMethod(call.callee.section(QLatin1Char('.'), 1))) {
        entry.kind = Kind::Image;
        entry.detail = call.callee.section(QLatin1Char('.'), 0, 0);
        m_images << entry.name;
    } else if (call.callee.startsWith(QLatin1String("modal.Volume."))) {
        entry.kind = Kind::Volume;
        entry.detail = name;
    } else if (call.callee.startsWith(QLatin1String("modal.Secret."))) {
        entry.kind = Kind::Secret;
        entry.detail = name;
    } else
        return;
    m_outline.entries.push_back(entry);
}

void Analyser::describeResources(const Call& call, OutlineEntry& entry) const
{
    const auto gpu = call.named.constFind(QStringLiteral("gpu"));
    if (gpu != call.named.constEnd() && textOf(*gpu) != QLatin1String("None")) {
        entry.gpu = constant(*gpu);
        entry.gpuLine = gpu->isEmpty() ? 0 : gpu->front().line;
        entry.gpuChoices = texts(*gpu);
    }
    entry.detail = entry.gpu.isEmpty() ? QStringLiteral("CPU") : entry.gpu;
    const auto name = call.named.constFind(QStringLiteral("name"));
    if (name != call.named.constEnd())
        entry.name = constant(*name);
    entry.image = imageOf(call);
}

void Analyser::definition(const PythonLine& line)
{
    qsizetype at = line.tokens[0].text == QLatin1String("async") ? 1 : 0;
    if (at + 1 >= line.tokens.size())
        return;
    const bool isClass = line.tokens[at].text == QLatin1String("class");
    const auto name = line.tokens[at + 1].text;
    if (isClass)
        addClass(line, name);
    else
        addFunction(line, at + 2, name);
}

void Analyser::addClass(const PythonLine& line, const QString& name)
{
    for (const auto& decorator : m_decorators) {
        if (!decorator.call.callee.endsWith(QLatin1String(".cls")))
            continue;
        const auto variable = decorator.call.callee.chopped(4);
        OutlineEntry entry;
        entry.kind = Kind::Class;
        entry.name = name;
        entry.line = line.tokens[0].line;
        entry.decoratorLine = m_decorators.front().line;
        describeResources(decorator.call, entry);
        auto& app = appOf(variable);
        app.children.push_back(entry);
        m_classIndent = line.indent;
        m_class = {m_apps[variable], static_cast<int>(app.children.size()) - 1};
    }
}

void Analyser::addFunction(const PythonLine& line, qsizetype at, const QString& name)
{
    OutlineEntry entry;
    entry.name = name;
    entry.line = line.tokens[0].line;
    if (at < line.tokens.size() && line.tokens[at].text == u'(') {
        ++at;
        for (const auto& part : splitArguments(line.tokens, at)) {
            OutlineParameter parameter;
            qsizetype i = 0;
            while (i < part.size() && part[i].text == u'*') {
                parameter.variadic = true;
                ++i;
            }
            if (i >= part.size() || part[i].text == u'/')
                continue;
            parameter.name = part[i++].text;
            qsizetype equals = i;
            while (equals < part.size() && part[equals].text != u'=')
                ++equals;
            if (i < part.size() && part[i].text == u':')
                parameter.annotation = textOf(part.mid(i + 1, equals - i - 1));
            if (equals < part.size())
                parameter.defaultValue = textOf(part.mid(equals + 1));
            entry.parameters.push_back(parameter);
        }
    }
    if (m_decorators.isEmpty())
        return;
    entry.decoratorLine = m_decorators.front().line;
    for (const auto& decorator : m_decorators) {
        const auto& callee = decorator.call.callee;
        if (m_class && line.indent > m_classIndent) {
            if (!callee.startsWith(QLatin1String("modal.")))
                continue;
            const auto kind = callee.mid(6);
            entry.kind = kind == QLatin1String("method") ? Kind::Method : Kind::Lifecycle;
            if (entry.kind == Kind::Lifecycle)
                entry.detail = QLatin1Char('@') + kind;
            if (!entry.parameters.isEmpty()
                && entry.parameters.front().name == QLatin1String("self"))
                entry.parameters.removeFirst();
            m_outline.entries[m_class->first].children[m_class->second].children.push_back(entry);
            return;
        }
        const bool function = callee.endsWith(QLatin1String(".function"));
        const bool entryPoint = callee.endsWith(QLatin1String(".local_entrypoint"));
        if (!function && !entryPoint)
            continue;
        entry.kind = function ? Kind::Function : Kind::EntryPoint;
        if (function)
            describeResources(decorator.call, entry);
        else
            entry.detail = QStringLiteral("local");
        appOf(callee.chopped(function ? 9 : 17)).children.push_back(entry);
        return;
    }
}

} // namespace

Outline outlineOfPython(const QString& source)
{
    return Analyser().analyse(source);
}

} // namespace app::models
