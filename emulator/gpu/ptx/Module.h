// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"

#include <memory>
#include <string>
#include <string_view>

namespace emulator::gpu::ptx {

/// One parsed PTX module (PTX ISA 9.0): its version and target, variables, functions and source
/// lines. Parsed structurally: opcode, ordered modifiers, types and operands, never by a list of
/// spellings.
struct Module;

/// Parses PTX text. `name` is what messages call it ("saxpy.ptx", "fat binary of ./saxpy").
/// Unsupported or Invalid with "name:line: message: the offending text"; never crashes on any
/// input.
[[nodiscard]] Result<std::shared_ptr<const Module>> parse(std::string_view text,
                                                          std::string_view name);

} // namespace emulator::gpu::ptx
