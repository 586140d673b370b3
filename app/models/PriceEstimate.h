// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "emulator/cost/PriceBook.h"

#include <QString>

namespace app::models {

/// What one replica of a function costs an hour, from what its decorator asks for and list prices:
/// an estimate, said before anything has run. Immutable.
class PriceEstimate {
public:
    PriceEstimate()
        : m_book(emulator::cost::PriceBook::builtIn())
    {
    }

    /// "≈$3.95/h"; `gpu` as written: "H100:2", "a100-80gb", empty. Empty when the book does not
    /// know the card.
    [[nodiscard]] QString hourly(const QString& gpu) const;

private:
    emulator::cost::PriceBook m_book;
};

} // namespace app::models
