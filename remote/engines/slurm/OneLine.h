// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string_view>

namespace remote::slurm {

/// The "Key=value" pairs of a line of scontrol --oneliner. Values may have spaces ("OS=Linux
/// 6.1", "Reason=disk is full"), so a key is a word that begins with a capital after a space; the
/// first of a name counts, because free text stands last.
[[nodiscard]] std::map<std::string_view, std::string_view> parseOneLine(std::string_view line);

} // namespace remote::slurm
