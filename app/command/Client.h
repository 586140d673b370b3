// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "emulator/base/Result.h"

#include <filesystem>
#include <string>

namespace app::command {

/// The stock client's program: the project's own virtual environment first, then PATH, then the one
/// that the installer made. Unavailable says how to get one.
[[nodiscard]] emulator::Result<std::string> findModal(const std::filesystem::path& project);

} // namespace app::command
