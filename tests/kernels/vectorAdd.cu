// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Adds two vectors; the grid is larger than the vectors.

#include <vector>

#include "Check.h"

__global__ void add(const float* a, const float* b, float* c, int n)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        c[i] = a[i] + b[i];
}

int main()
{
    const int n = 100003;
    std::vector<float> a(n);
    std::vector<float> b(n);
    std::vector<float> c(n);
    for (int i = 0; i < n; ++i) {
        a[i] = i * 0.5f;
        b[i] = 3 - i;
    }
    float* device[3];
    for (auto& pointer : device)
        CALL(cudaMalloc(&pointer, n * sizeof(float)));
    CALL(cudaMemcpy(device[0], a.data(), n * sizeof(float), cudaMemcpyHostToDevice));
    CALL(cudaMemcpy(device[1], b.data(), n * sizeof(float), cudaMemcpyHostToDevice));
    add<<<(n + 255) / 256, 256>>>(device[0], device[1], device[2], n);
    CALL(cudaGetLastError());
    CALL(cudaMemcpy(c.data(), device[2], n * sizeof(float), cudaMemcpyDeviceToHost));
    for (int i = 0; i < n; ++i)
        EXPECT(c[i] == a[i] + b[i]);
    for (auto& pointer : device)
        CALL(cudaFree(pointer));
    return 0;
}
