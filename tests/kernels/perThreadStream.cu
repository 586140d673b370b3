// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Compiled with --default-stream per-thread: each thread's default stream is its own.

#include "Check.h"

#include <thread>
#include <vector>

__global__ void fill(int* out, int n, int value)
{
    for (int i = threadIdx.x; i < n; i += blockDim.x)
        out[i] = value;
}

static void work(int value)
{
    const int n = 500;
    int* device = nullptr;
    std::vector<int> host(n);
    CALL(cudaMalloc(&device, n * sizeof(int)));
    for (int round = 0; round < 10; ++round) {
        CALL(cudaMemsetAsync(device, 0, n * sizeof(int)));
        fill<<<1, 64>>>(device, n, value + round);
        CALL(cudaMemcpy(host.data(), device, n * sizeof(int), cudaMemcpyDeviceToHost));
        for (const int got : host)
            EXPECT(got == value + round);
    }
    CALL(cudaStreamSynchronize(nullptr));
    CALL(cudaFree(device));
}

int main()
{
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i)
        threads.emplace_back(work, i * 1000);
    for (auto& thread : threads)
        thread.join();
    return 0;
}
