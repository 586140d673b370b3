// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/ptx/Modifier.h"

#include <bit>
#include <cmath>
#include <cstdint>

/// f16 and bf16 as bits; arithmetic happens in float or double.
namespace emulator::gpu::device {

struct HalfBits {
    std::uint16_t bits;
};
struct BrainBits {
    std::uint16_t bits;
};

[[gnu::always_inline]] inline float toFloat(HalfBits half)
{
    // Shift exponent and fraction into place, then scale: subnormals come out right too.
    const std::uint32_t sign = (half.bits & 0x8000U) << 16U;
    const std::uint32_t magnitude = half.bits & 0x7FFFU;
    const bool special = magnitude >= 0x7C00U;
    const float scaled = std::bit_cast<float>(magnitude << 13U) * 0x1p112F;
    const std::uint32_t bits = special ? 0x7F80'0000U | ((magnitude & 0x3FFU) << 13U)
                                       : std::bit_cast<std::uint32_t>(scaled);
    return std::bit_cast<float>(bits | sign);
}
[[gnu::always_inline]] inline float toFloat(BrainBits brain)
{
    return std::bit_cast<float>(std::uint32_t {brain.bits} << 16U);
}

/// Rounds to a format of `exponentBits` and `fractionBits`, in any of the four modes.
std::uint16_t roundTo(double value, int exponentBits, int fractionBits, ptx::Rounding rounding);

inline HalfBits toHalf(double value, ptx::Rounding rounding = ptx::Rounding::Rn)
{
    if (value != value)
        return {0x7FFF};
    return {roundTo(value, 5, 10, rounding)};
}
inline BrainBits toBrain(double value, ptx::Rounding rounding = ptx::Rounding::Rn)
{
    if (value != value)
        return {0x7FFF};
    return {roundTo(value, 8, 7, rounding)};
}

} // namespace emulator::gpu::device
