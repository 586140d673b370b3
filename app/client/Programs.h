// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

namespace app::client {

/// Where the window finds what belongs to it.
struct Programs {
    QString slip; ///< the command line beside this program, or on PATH; empty when missing
    QString home; ///< SLIPWAY_HOME
    QString socket; ///< of the daemon
    QString samples; ///< the folder with the samples; empty when missing

    /// Looks beside the running program, in the source tree of a build, and on PATH.
    [[nodiscard]] static Programs find();
};

} // namespace app::client
