// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/device/Lanes.h"

namespace emulator::gpu::device {

bool hasWideVectors()
{
    static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
        && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c");
    return has;
}

} // namespace emulator::gpu::device
