// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include <cuda_runtime.h>

__device__ int offset = 100;

__device__ __noinline__ int twice(int value)
{
    return 2 * value;
}

__global__ void other(int* out)
{
    out[threadIdx.x] = twice(twice(threadIdx.x)) + offset;
}

void launchOther(int* out)
{
    other<<<1, 32>>>(out);
}
