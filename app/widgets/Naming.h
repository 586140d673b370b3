// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

namespace app::widgets {

/// Gives a widget the name by which tests find it ("logs.filter") and the one that a screen
/// reader speaks.
void name(QWidget* widget, const char* objectName, const QString& accessibleName);

/// name() for a widget that is made on the spot.
template<typename T>
T* named(T* widget, const char* objectName, const QString& accessibleName)
{
    name(widget, objectName, accessibleName);
    return widget;
}

} // namespace app::widgets
