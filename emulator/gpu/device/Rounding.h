// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/ptx/Modifier.h"

#include <cfenv>

namespace emulator::gpu::device {

/// Switches this thread's rounding mode and puts it back.
class RoundingMode {
public:
    explicit RoundingMode(ptx::Rounding rounding)
        : m_before(std::fegetround())
    {
        std::fesetround(modeOf(rounding));
    }
    ~RoundingMode() { std::fesetround(m_before); }
    RoundingMode(const RoundingMode&) = delete;
    RoundingMode& operator=(const RoundingMode&) = delete;

    static int modeOf(ptx::Rounding rounding)
    {
        using ptx::Rounding;
        switch (rounding) {
        case Rounding::Rz:
        case Rounding::Rzi:
            return FE_TOWARDZERO;
        case Rounding::Rm:
        case Rounding::Rmi:
            return FE_DOWNWARD;
        case Rounding::Rp:
        case Rounding::Rpi:
            return FE_UPWARD;
        default:
            return FE_TONEAREST;
        }
    }

private:
    int m_before;
};

} // namespace emulator::gpu::device
