// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/Outline.h"
#include "app/models/ProblemParser.h"
#include "emulator/gpu/cards/Cards.h"

namespace app::models {

/// Checks the cards that a source asks for, before anything runs. Immutable.
class CardCheck {
public:
    explicit CardCheck(emulator::gpu::cards::Catalogue catalogue);

    /// One problem for each gpu="…" that no card answers to, with cards of a similar name as
    /// replacements.
    [[nodiscard]] QVector<Problem> problems(const QString& file, const Outline& outline) const;

private:
    [[nodiscard]] QStringList similar(const QString& written) const;

    emulator::gpu::cards::Catalogue m_catalogue;
};

/// Both lists, without what the second says of a line that the first has an entry of the same
/// origin for.
[[nodiscard]] QVector<Problem> joined(QVector<Problem> first, const QVector<Problem>& second);

} // namespace app::models
