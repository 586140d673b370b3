// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/device/Warp.h"

namespace emulator::gpu::device {

/// Carries out a call of vprintf, __assertfail, malloc or free for the lanes in `exec`.
void callBuiltin(Warp& warp, const Op& op, const CallPlan& plan, Builtin builtin,
                 std::uint32_t exec);

/// printf's text for `lane`: `format` and `arguments` are generic addresses, the latter of values
/// packed as a C compiler lays out a struct of them. A missing string shows as (null).
[[nodiscard]] std::string formatPrint(Warp& warp, unsigned lane, std::uint64_t format,
                                      std::uint64_t arguments);

/// The zero-terminated text at a generic address; cut at the end of its allocation.
[[nodiscard]] std::string readText(Warp& warp, unsigned lane, std::uint64_t address);

} // namespace emulator::gpu::device
