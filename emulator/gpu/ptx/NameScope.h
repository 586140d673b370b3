// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::gpu::ptx {

/// The names that one `{ }` of a function introduces, and the branches that still look for theirs.
struct NameScope {
    /// `.reg .b32 %r<73>`: 73 registers without 73 names.
    struct Range {
        std::string prefix;
        std::uint32_t count = 0;
        std::uint32_t first = 0;
    };
    /// A label operand to fill in: which instruction, or which entry of a branch table.
    struct Pending {
        std::string label;
        std::uint32_t instruction = 0;
        std::uint32_t entry = 0;
        bool inTable = false;
        std::uint32_t line = 0;
    };

    std::map<std::string, std::uint32_t, std::less<>> registers;
    std::vector<Range> ranges;
    std::map<std::string, std::uint32_t, std::less<>> variables;
    std::map<std::string, std::uint32_t, std::less<>> labels;
    std::map<std::string, std::uint32_t, std::less<>> tables; ///< of .branchtargets
    std::vector<Pending> pending;
    std::uint32_t parameterTop = 0; ///< of the frame's parameter area, where the scope began

    [[nodiscard]] std::optional<std::uint32_t> findRegister(std::string_view name) const;
};

} // namespace emulator::gpu::ptx
