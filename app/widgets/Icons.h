// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QIcon>
#include <QString>

namespace app::widgets {

/// What colour an icon takes from the theme.
enum class IconColour { Text, Muted, Accent, Success, Warning, Error };

/// An icon of resources/icons, painted in the theme's colour of the moment, at any size.
[[nodiscard]] QIcon icon(const QString& name, IconColour colour = IconColour::Text);

/// Makes the program's icons and style sheet known; once, before the first icon.
void loadResources();

} // namespace app::widgets
