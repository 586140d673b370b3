// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::image {

/// What $NAME stands for while an instruction is read.
using Variables = std::map<std::string, std::string>;

/// One word as the shell would see it: quotes removed, $x ${x} ${x:-y} ${x-y} ${x:+y} ${x+y} and
/// ${x:?y} replaced, a missing variable is empty. Invalid for an unclosed brace or quote and for
/// a form that Dockerfiles do not know.
[[nodiscard]] Result<std::string> expandWord(std::string_view text, const Variables& variables);

/// Splits at blanks outside quotes, without removing or replacing anything.
[[nodiscard]] std::vector<std::string> splitWords(std::string_view text);

/// Replaces variables, but leaves quotes alone: the text of a here-document.
[[nodiscard]] Result<std::string> expandText(std::string_view text, const Variables& variables);

} // namespace emulator::image
