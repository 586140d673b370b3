// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Counts octets: atomics in shared memory, then in global memory.

#include <vector>

#include "Check.h"

__global__ void count(const unsigned char* data, int n, unsigned* bins)
{
    __shared__ unsigned own[256];
    for (int i = threadIdx.x; i < 256; i += blockDim.x)
        own[i] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
        atomicAdd(&own[data[i]], 1);
    __syncthreads();
    for (int i = threadIdx.x; i < 256; i += blockDim.x)
        atomicAdd(&bins[i], own[i]);
}

int main()
{
    const int n = 50000;
    std::vector<unsigned char> data(n);
    std::vector<unsigned> expected(256);
    for (int i = 0; i < n; ++i) {
        data[i] = static_cast<unsigned char>((i * i) >> 3);
        ++expected[data[i]];
    }
    unsigned char* device = nullptr;
    unsigned* bins = nullptr;
    CALL(cudaMalloc(&device, n));
    CALL(cudaMalloc(&bins, 1024));
    CALL(cudaMemset(bins, 0, 1024));
    CALL(cudaMemcpy(device, data.data(), n, cudaMemcpyHostToDevice));
    count<<<7, 192>>>(device, n, bins);
    std::vector<unsigned> got(256);
    CALL(cudaMemcpy(got.data(), bins, 1024, cudaMemcpyDeviceToHost));
    EXPECT(got == expected);
    return 0;
}
