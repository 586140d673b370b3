// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::image {

/// A document that follows its instruction: RUN <<EOF … EOF.
struct HereDocument {
    std::string name; ///< the delimiter; COPY <<name /target calls the file so
    std::string text;
    bool expand = true; ///< false when the delimiter was quoted
};

/// One instruction of a Dockerfile, read but not yet understood
/// (docs.docker.com/reference/dockerfile).
struct Instruction {
    std::string keyword; ///< in capitals: "RUN"
    int line = 0; ///< of its first line, from 1
    std::vector<std::pair<std::string, std::string>> flags; ///< --name=value, without the dashes
    std::string text; ///< the rest, continuation lines joined
    std::optional<std::vector<std::string>> list; ///< the exec form, when `text` is one
    std::vector<HereDocument> documents;
};

/// Reads a whole Dockerfile: comments, parser directives, continuation lines, exec forms,
/// here-documents. Invalid with the line for what is no instruction at all.
[[nodiscard]] Result<std::vector<Instruction>> parseDockerfile(std::string_view text);

} // namespace emulator::image
