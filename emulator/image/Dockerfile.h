// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::image {

/// One instruction of a Dockerfile, as written.
struct Instruction {
    std::string keyword; ///< upper case: "RUN"
    std::vector<std::pair<std::string, std::string>> flags; ///< --from=…: name, value
    std::string arguments; ///< all that follows, continuation lines joined
    std::vector<std::string> list; ///< the JSON form ["a", "b"], when it is one
    bool isList = false;
    std::string heredoc; ///< RUN <<EOF: the lines up to EOF
    int line = 0; ///< of its first line, from 1
};

/// Reads Dockerfile lines (comments, continuation, heredocs, the JSON form). Invalid or Unsupported
/// names the instruction and its line.
[[nodiscard]] Result<std::vector<Instruction>> parseDockerfile(std::string_view text);

/// Replaces $name, ${name}, ${name:-default} and ${name:+other}; an unknown name is empty, and a
/// backslash keeps the dollar.
[[nodiscard]] std::string expand(std::string_view text,
                                 const std::map<std::string, std::string>& variables);

/// Splits into words as a shell does without expansion: quotes group, a backslash escapes.
[[nodiscard]] std::vector<std::string> splitWords(std::string_view text);

} // namespace emulator::image
