// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

/// Ends the program with 1 when a runtime call fails.
#define CALL(expression)                                                                           \
    do {                                                                                           \
        const cudaError_t gaveBack = (expression);                                                 \
        if (gaveBack != cudaSuccess) {                                                             \
            std::printf("%s:%d: %s: %s\n", __FILE__, __LINE__, #expression,                        \
                        cudaGetErrorString(gaveBack));                                             \
            std::exit(1);                                                                          \
        }                                                                                          \
    } while (false)

/// Ends the program with 1 when a result is not what the host computed.
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::printf("%s:%d: expected %s\n", __FILE__, __LINE__, #condition);                   \
            std::exit(1);                                                                          \
        }                                                                                          \
    } while (false)

inline bool near(double a, double b, double tolerance = 1e-4)
{
    return std::fabs(a - b) <= tolerance * std::fmax(1.0, std::fmax(std::fabs(a), std::fabs(b)));
}
