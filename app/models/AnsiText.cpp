// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/AnsiText.h"

#include <charconv>
#include <string_view>

namespace app::models {

namespace {

int trueColour(int red, int green, int blue)
{
    return 0x1000000 | (red & 255) << 16 | (green & 255) << 8 | (blue & 255);
}

/// xterm's 256 colours: 16 named, a 6×6×6 cube, 24 greys.
int indexed(int index)
{
    if (index < 16)
        return index;
    if (index >= 232)
        return trueColour(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10);
    const auto level = [](int step) { return step == 0 ? 0 : 55 + step * 40; };
    index -= 16;
    return trueColour(level(index / 36), level(index / 6 % 6), level(index % 6));
}

void apply(const QVector<int>& codes, AnsiSpan& look)
{
    for (qsizetype i = 0; i < codes.size(); ++i) {
        const auto code = codes[i];
        const auto next = [&](qsizetype offset) { return codes.value(i + offset); };
        if (code == 0)
            look = {};
        else if (code == 1)
            look.bold = true;
        else if (code == 2)
            look.faint = true;
        else if (code == 3)
            look.italic = true;
        else if (code == 4)
            look.underline = true;
        else if (code == 22)
            look.bold = look.faint = false;
        else if (code == 23)
            look.italic = false;
        else if (code == 24)
            look.underline = false;
        else if (code >= 30 && code <= 37)
            look.foreground = code - 30;
        else if (code >= 90 && code <= 97)
            look.foreground = code - 90 + 8;
        else if (code == 39)
            look.foreground = -1;
        else if (code == 38 || code == 48) {
            const bool rgb = next(1) == 2;
            if (code == 38)
                look.foreground = rgb ? trueColour(next(2), next(3), next(4)) : indexed(next(2));
            i += rgb ? 4 : 2;
        }
    }
}

bool isPlain(const AnsiSpan& look)
{
    return look.foreground < 0 && !look.bold && !look.faint && !look.italic && !look.underline;
}

QVector<int> codesOf(std::string_view parameters)
{
    QVector<int> codes;
    for (std::size_t at = 0; at <= parameters.size();) {
        auto end = parameters.find_first_of(";:", at);
        if (end == std::string_view::npos)
            end = parameters.size();
        int value = 0;
        std::from_chars(parameters.data() + at, parameters.data() + end, value);
        codes.push_back(value);
        at = end + 1;
    }
    return codes;
}

/// The index behind the escape sequence that starts at `at`; applies it when it is SGR.
std::size_t skipEscape(std::string_view line, std::size_t at, AnsiSpan& look)
{
    if (at + 1 >= line.size())
        return line.size();
    if (line[at + 1] == ']') { // OSC … BEL or ST
        const auto end = line.find_first_of("\a\x1b", at + 2);
        if (end == std::string_view::npos)
            return line.size();
        return line[end] == '\a' ? end + 1 : std::min(end + 2, line.size());
    }
    if (line[at + 1] != '[')
        return at + 2;
    auto end = at + 2;
    while (end < line.size() && (line[end] < 0x40 || line[end] > 0x7e))
        ++end;
    if (end >= line.size())
        return line.size();
    if (line[end] == 'm')
        apply(codesOf(line.substr(at + 2, end - at - 2)), look);
    return end + 1;
}

} // namespace

AnsiText readAnsi(std::string_view line)
{
    AnsiText result;
    if (line.find_first_of("\x1b\t\r\b") == std::string_view::npos) {
        result.text = QString::fromUtf8(line.data(), static_cast<qsizetype>(line.size()));
        return result;
    }
    AnsiSpan look;
    std::size_t at = 0;
    while (at < line.size()) {
        const auto stop = std::min(line.find_first_of("\x1b\t\r\b", at), line.size());
        if (stop > at) {
            const auto start = result.text.size();
            result.text += QString::fromUtf8(line.data() + at, static_cast<qsizetype>(stop - at));
            if (!isPlain(look)) {
                auto span = look;
                span.start = static_cast<int>(start);
                span.length = static_cast<int>(result.text.size() - start);
                result.spans.push_back(span);
            }
        }
        if (stop >= line.size())
            break;
        if (line[stop] == '\x1b')
            at = skipEscape(line, stop, look);
        else {
            if (line[stop] == '\t')
                result.text += QString(8 - result.text.size() % 8, u' ');
            at = stop + 1;
        }
    }
    return result;
}

} // namespace app::models
