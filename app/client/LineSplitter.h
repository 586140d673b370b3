// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayList>

namespace app::client {

/// Cuts a stream of octets into lines. A carriage return alone starts the line over, as on a
/// terminal: only what was written last is kept.
class LineSplitter {
public:
    /// Complete lines, without their end.
    [[nodiscard]] QByteArrayList feed(const QByteArray& piece);
    /// What is left at the end of the stream; empty when nothing is.
    [[nodiscard]] QByteArray rest();

private:
    QByteArray m_open;
};

} // namespace app::client
