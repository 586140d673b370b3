// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Constant memory, device variables, symbols, and more shared memory than the default.

#include <vector>

#include "Check.h"

__constant__ float coefficients[5];
__device__ int launches = 40;
__device__ double table[3] = {0.5, 1.5, 2.5};

__global__ void polynomial(const float* x, float* y, int n)
{
    extern __shared__ float staged[];
    const int i = threadIdx.x;
    for (int at = i; at < n; at += blockDim.x)
        staged[at] = x[at];
    __syncthreads();
    for (int at = i; at < n; at += blockDim.x) {
        float sum = 0;
        for (int k = 4; k >= 0; --k)
            sum = sum * staged[at] + coefficients[k];
        y[at] = sum + static_cast<float>(table[at % 3]);
    }
    if (i == 0)
        atomicAdd(&launches, 2);
}

int main()
{
    const int n = 16000; // 64 000 octets of shared memory
    const float given[5] = {1, -2, 0.5f, 0.25f, 3};
    std::vector<float> x(n), y(n);
    for (int i = 0; i < n; ++i)
        x[i] = (i % 100) * 0.01f;
    CALL(cudaMemcpyToSymbol(coefficients, given, sizeof given));
    float *a, *b;
    CALL(cudaMalloc(&a, n * 4));
    CALL(cudaMalloc(&b, n * 4));
    CALL(cudaMemcpy(a, x.data(), n * 4, cudaMemcpyHostToDevice));
    polynomial<<<1, 256, n * 4>>>(a, b, n);
    EXPECT(cudaGetLastError() == cudaErrorInvalidValue); // beyond 48 KiB one has to ask
    CALL(cudaFuncSetAttribute(polynomial, cudaFuncAttributeMaxDynamicSharedMemorySize, n * 4));
    polynomial<<<1, 256, n * 4>>>(a, b, n);
    CALL(cudaGetLastError());
    CALL(cudaMemcpy(y.data(), b, n * 4, cudaMemcpyDeviceToHost));
    for (int i = 0; i < n; ++i) {
        float sum = 0;
        for (int k = 4; k >= 0; --k)
            sum = sum * x[i] + given[k];
        EXPECT(near(y[i], sum + 0.5 + i % 3, 1e-5));
    }
    int counted = 0;
    CALL(cudaMemcpyFromSymbol(&counted, launches, sizeof counted));
    EXPECT(counted == 42);
    cudaFuncAttributes attributes;
    CALL(cudaFuncGetAttributes(&attributes, polynomial));
    EXPECT(attributes.maxThreadsPerBlock == 1024 && attributes.numRegs > 0);
    int blocks = 0;
    CALL(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, polynomial, 256, 0));
    EXPECT(blocks >= 1 && blocks <= 8);
    return 0;
}
