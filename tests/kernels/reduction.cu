// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Sums a vector: warp shuffles, one shared slot a warp, one atomic a block.

#include <vector>

#include "Check.h"

__global__ void sum(const int* values, int n, unsigned long long* total)
{
    __shared__ int warps[32];
    int mine = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
        mine += values[i];
    for (int step = 16; step > 0; step /= 2)
        mine += __shfl_down_sync(0xffffffff, mine, step);
    if (threadIdx.x % 32 == 0)
        warps[threadIdx.x / 32] = mine;
    __syncthreads();
    if (threadIdx.x < 32) {
        mine = threadIdx.x < blockDim.x / 32 ? warps[threadIdx.x] : 0;
        for (int step = 16; step > 0; step /= 2)
            mine += __shfl_xor_sync(0xffffffff, mine, step);
        if (threadIdx.x == 0)
            atomicAdd(total, static_cast<unsigned long long>(mine));
    }
}

int main()
{
    const int n = 77777;
    std::vector<int> values(n);
    unsigned long long expected = 0;
    for (int i = 0; i < n; ++i) {
        values[i] = (i * 7919) % 1000;
        expected += static_cast<unsigned long long>(values[i]);
    }
    int* device = nullptr;
    unsigned long long* total = nullptr;
    CALL(cudaMalloc(&device, n * sizeof(int)));
    CALL(cudaMalloc(&total, sizeof *total));
    CALL(cudaMemset(total, 0, sizeof *total));
    CALL(cudaMemcpy(device, values.data(), n * sizeof(int), cudaMemcpyHostToDevice));
    sum<<<24, 256>>>(device, n, total);
    unsigned long long got = 0;
    CALL(cudaMemcpy(&got, total, sizeof got, cudaMemcpyDeviceToHost));
    EXPECT(got == expected);
    return 0;
}
