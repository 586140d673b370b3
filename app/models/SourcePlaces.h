// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/Outline.h"

#include <QMap>

namespace app::models {

/// Finds where the source says what the emulator complains of. A value.
class SourcePlaces {
public:
    /// A line of a file; line 0: not found.
    struct Place {
        QString file; ///< absolute
        int line = 0; ///< 1-based
    };

    SourcePlaces() = default;
    /// `outlines` by absolute path; `file` and `function` are what runs, and are looked at first.
    SourcePlaces(const QMap<QString, Outline>& outlines, const QString& file,
                 const QString& function);

    /// The card of gpu="…".
    [[nodiscard]] Place card(const QString& text) const;

    /// The image method that made a Dockerfile instruction ("RUN false", or its keyword); when none
    /// can be told, the line of the image that the function asks for.
    [[nodiscard]] Place imageStep(const QString& instruction) const;

private:
    struct Source {
        QString file;
        Outline outline;
    };

    [[nodiscard]] Place imageOfFunction() const;

    QVector<Source> m_sources; ///< what runs first
    QString m_function;
};

} // namespace app::models
