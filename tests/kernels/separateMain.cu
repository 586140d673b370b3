// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Separate compilation: a kernel here calls a function and uses a variable of the other file.

#include "Check.h"

__device__ int twice(int value);
extern __device__ int offset;

__global__ void run(int* out)
{
    out[threadIdx.x] = twice(threadIdx.x) + offset;
}

void launchOther(int* out);

int main()
{
    int* device = nullptr;
    int host[32];
    CALL(cudaMalloc(&device, sizeof host));
    run<<<1, 32>>>(device);
    CALL(cudaMemcpy(host, device, sizeof host, cudaMemcpyDeviceToHost));
    for (int i = 0; i < 32; ++i)
        EXPECT(host[i] == 2 * i + 100);
    launchOther(device);
    CALL(cudaMemcpy(host, device, sizeof host, cudaMemcpyDeviceToHost));
    for (int i = 0; i < 32; ++i)
        EXPECT(host[i] == 4 * i + 100);
    return 0;
}
