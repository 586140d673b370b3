// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Cooperative groups: barriers of the whole grid, of tiles, and a grid that does not fit.

#include <cooperative_groups.h>

#include "Check.h"

namespace cg = cooperative_groups;

__global__ void turns(int* values, int n, int rounds)
{
    const auto grid = cg::this_grid();
    const int i = static_cast<int>(grid.thread_rank());
    for (int round = 0; round < rounds; ++round) {
        const int next = values[(i + 1) % n];
        grid.sync();
        values[i] = next + 1;
        grid.sync();
    }
}

__global__ void tiles(int* out)
{
    const auto tile = cg::tiled_partition<8>(cg::this_thread_block());
    int value = tile.thread_rank();
    for (int step = 4; step > 0; step /= 2)
        value += tile.shfl_xor(value, step);
    out[threadIdx.x] = value;
}

int main()
{
    int blocks = 6, threads = 64, n = blocks * threads, rounds = 5;
    int* device = nullptr;
    int host[384];
    for (int i = 0; i < n; ++i)
        host[i] = i;
    CALL(cudaMalloc(&device, sizeof host));
    CALL(cudaMemcpy(device, host, sizeof host, cudaMemcpyHostToDevice));
    void* arguments[] = {&device, &n, &rounds};
    CALL(cudaLaunchCooperativeKernel(turns, blocks, threads, arguments, 0, nullptr));
    CALL(cudaMemcpy(host, device, sizeof host, cudaMemcpyDeviceToHost));
    for (int i = 0; i < n; ++i)
        EXPECT(host[i] == (i + rounds) % n + rounds);
    EXPECT(cudaLaunchCooperativeKernel(turns, 1000000, threads, arguments, 0, nullptr)
           == cudaErrorCooperativeLaunchTooLarge);
    cudaGetLastError();
    tiles<<<1, 64>>>(device);
    CALL(cudaMemcpy(host, device, 256, cudaMemcpyDeviceToHost));
    for (int i = 0; i < 64; ++i)
        EXPECT(host[i] == 28);
    return 0;
}
