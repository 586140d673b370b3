// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/ProjectTreeModel.h"

namespace app::client {

/// Blocking: what git says of the files below `folder`; not a repository when there is none.
[[nodiscard]] models::GitState readGit(const QString& folder);

} // namespace app::client
