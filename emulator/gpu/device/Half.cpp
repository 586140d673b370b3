// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/device/Half.h"

#include <algorithm>

namespace emulator::gpu::device {

std::uint16_t roundTo(double value, int exponentBits, int fractionBits, ptx::Rounding rounding)
{
    const bool negative = std::signbit(value);
    const double magnitude = std::fabs(value);
    const int bias = (1 << (exponentBits - 1)) - 1;
    const auto sign = static_cast<std::uint16_t>(negative ? 0x8000U : 0U);
    const auto infinity = static_cast<std::uint32_t>((1 << exponentBits) - 1)
        << static_cast<unsigned>(fractionBits);
    if (std::isinf(value))
        return static_cast<std::uint16_t>(sign | infinity);
    if (magnitude == 0)
        return sign;
    int exponent = 0;
    (void)std::frexp(magnitude, &exponent); // magnitude = m × 2^exponent, m in [0.5, 1)
    const int lowest = 1 - bias;
    const int unit = std::max(exponent - 1, lowest) - fractionBits;
    const double scaled = std::ldexp(magnitude, -unit);
    double whole = std::floor(scaled);
    const double rest = scaled - whole;
    bool up = false;
    switch (rounding) {
    case ptx::Rounding::Rz:
        break;
    case ptx::Rounding::Rm:
        up = negative && rest > 0;
        break;
    case ptx::Rounding::Rp:
        up = !negative && rest > 0;
        break;
    case ptx::Rounding::Rna:
        up = rest >= 0.5;
        break;
    default:
        up = rest > 0.5 || (rest == 0.5 && std::fmod(whole, 2) != 0);
        break;
    }
    whole += up ? 1 : 0;
    // Fraction overflow carries into the exponent by itself in this encoding.
    const int field = unit + fractionBits - lowest;
    const auto bits = static_cast<std::uint32_t>(whole)
        + (static_cast<std::uint32_t>(field) << static_cast<unsigned>(fractionBits));
    if (bits < infinity)
        return static_cast<std::uint16_t>(sign | bits);
    const bool away = rounding == ptx::Rounding::Rz || (rounding == ptx::Rounding::Rm && !negative)
        || (rounding == ptx::Rounding::Rp && negative);
    return static_cast<std::uint16_t>(sign | (away ? infinity - 1 : infinity));
}

} // namespace emulator::gpu::device
