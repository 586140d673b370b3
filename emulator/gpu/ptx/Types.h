// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace emulator::gpu::ptx {

/// A PTX type (PTX ISA 5.2).
enum class Type : std::uint8_t {
    None,
    U8,
    U16,
    U32,
    U64,
    S8,
    S16,
    S32,
    S64,
    B8,
    B16,
    B32,
    B64,
    B128,
    F16,
    F16x2,
    Bf16,
    Bf16x2,
    Tf32,
    F32,
    F64,
    U16x2,
    S16x2,
    Pred,
    E4m3x2,
    E5m2x2,
    Count,
};

/// A state space (PTX ISA 5.1); Generic is none of them written.
enum class Space : std::uint8_t { Generic, Reg, Global, Const, Shared, Local, Param };

/// The type spelled `name` without its dot, if there is one.
[[nodiscard]] std::optional<Type> typeNamed(std::string_view name);
[[nodiscard]] std::string_view nameOf(Type type);

/// Octets of one value; 0 for None and Pred.
[[nodiscard]] std::uint32_t sizeOf(Type type);
[[nodiscard]] bool isFloat(Type type); ///< F16, Bf16, Tf32, F32, F64 and the packed pairs
[[nodiscard]] bool isSigned(Type type); ///< S8 to S64, S16x2

} // namespace emulator::gpu::ptx
