// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Inclusive prefix sum of one block by Hillis and Steele, in dynamic shared memory.

#include <vector>

#include "Check.h"

__global__ void scan(const int* in, int* out, int n)
{
    extern __shared__ int values[];
    const int i = threadIdx.x;
    values[i] = i < n ? in[i] : 0;
    __syncthreads();
    for (int step = 1; step < blockDim.x; step *= 2) {
        const int before = i >= step ? values[i - step] : 0;
        __syncthreads();
        values[i] += before;
        __syncthreads();
    }
    if (i < n)
        out[i] = values[i];
}

int main()
{
    const int n = 500;
    std::vector<int> in(n);
    std::vector<int> out(n);
    for (int i = 0; i < n; ++i)
        in[i] = i % 17 - 5;
    int *a, *b;
    CALL(cudaMalloc(&a, n * 4));
    CALL(cudaMalloc(&b, n * 4));
    CALL(cudaMemcpy(a, in.data(), n * 4, cudaMemcpyHostToDevice));
    scan<<<1, 512, 512 * 4>>>(a, b, n);
    CALL(cudaMemcpy(out.data(), b, n * 4, cudaMemcpyDeviceToHost));
    for (int i = 0, sum = 0; i < n; ++i) {
        sum += in[i];
        EXPECT(out[i] == sum);
    }
    return 0;
}
