// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/ProjectTreeModel.h"
#include "emulator/base/Result.h"

#include <QString>

namespace app::client {

/// A text file as the editor takes it.
struct TextFile {
    QString path;
    QString text;
    bool readOnly = false; ///< not writable, or larger than 5 MB
    bool large = false;
};

/// Blocking. Invalid when the file is no UTF-8 text, Io when it cannot be read.
[[nodiscard]] emulator::Result<TextFile> readTextFile(const QString& path);
/// Blocking, in one step.
[[nodiscard]] emulator::Result<> writeTextFile(const QString& path, const QString& text);

/// Blocking: the files below `folder` without what belongs to tools (.git, __pycache__, …), at
/// most 20 000.
[[nodiscard]] models::FileNode scanFolder(const QString& folder);

} // namespace app::client
