// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/Outline.h"
#include "emulator/base/Result.h"

#include <QStringList>

namespace app::models {

/// Turns what the user typed ("width=800 name='a b'") into the arguments of `modal run`
/// ("--width", "800", …), checked against the function's parameters. Booleans become
/// --flag or --no-flag. Invalid with a sentence that names the parameter.
[[nodiscard]] emulator::Result<QStringList> runArguments(const QString& line,
                                                         const OutlineEntry& function);

/// What a function without arguments typed would be asked for: "width= height=".
[[nodiscard]] QString argumentHint(const OutlineEntry& function);

} // namespace app::models
