// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/Outline.h"

namespace app::models {

/// Whether the stock client's Image has a method `name` that adds to an image.
[[nodiscard]] bool isImageMethod(const QString& name);

/// Tells which method of an image's chain the client has turned into a Dockerfile instruction
/// ("RUN python -m pip install torch", or its keyword alone): the index of the step that fits best,
/// the earliest of equals; -1 when none can have made it.
[[nodiscard]] int stepOfInstruction(const QVector<ImageStep>& steps, const QString& instruction);

} // namespace app::models
