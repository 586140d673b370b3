// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/LineSplitter.h"

namespace app::client {

namespace {

QByteArray lastWritten(QByteArray line)
{
    while (line.endsWith('\r'))
        line.chop(1);
    const auto start = line.lastIndexOf('\r');
    return start < 0 ? line : line.mid(start + 1);
}

} // namespace

QByteArrayList LineSplitter::feed(const QByteArray& piece)
{
    m_open += piece;
    QByteArrayList lines;
    qsizetype at = 0;
    for (auto end = m_open.indexOf('\n'); end >= 0; end = m_open.indexOf('\n', at)) {
        lines << lastWritten(m_open.mid(at, end - at));
        at = end + 1;
    }
    m_open.remove(0, at);
    return lines;
}

QByteArray LineSplitter::rest()
{
    auto line = lastWritten(m_open);
    m_open.clear();
    return line;
}

} // namespace app::client
