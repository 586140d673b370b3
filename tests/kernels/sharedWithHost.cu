// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Managed memory, managed variables, mapped pinned memory, and memory of a stream's pool.

#include "Check.h"

__managed__ int counter = 5;

__global__ void scale(float* values, int n, float by)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        values[i] *= by;
    if (i == 0)
        counter += 1;
}

int main()
{
    const int n = 1000;
    float* managed = nullptr;
    CALL(cudaMallocManaged(&managed, n * sizeof(float)));
    for (int i = 0; i < n; ++i)
        managed[i] = i;
    counter = 10;
    scale<<<4, 256>>>(managed, n, 3);
    CALL(cudaDeviceSynchronize());
    for (int i = 0; i < n; ++i)
        EXPECT(managed[i] == 3.0f * i);
    EXPECT(counter == 11);

    float* pinned = nullptr;
    float* mapped = nullptr;
    CALL(cudaHostAlloc(&pinned, n * sizeof(float), cudaHostAllocMapped));
    for (int i = 0; i < n; ++i)
        pinned[i] = 1;
    CALL(cudaHostGetDevicePointer(&mapped, pinned, 0));
    scale<<<4, 256>>>(mapped, n, 7);
    CALL(cudaDeviceSynchronize());
    EXPECT(pinned[0] == 7 && pinned[n - 1] == 7 && counter == 12);

    cudaStream_t stream;
    CALL(cudaStreamCreate(&stream));
    float* pooled = nullptr;
    CALL(cudaMallocAsync(&pooled, n * sizeof(float), stream));
    CALL(cudaMemcpyAsync(pooled, managed, n * sizeof(float), cudaMemcpyDefault, stream));
    scale<<<4, 256, 0, stream>>>(pooled, n, 2);
    CALL(cudaMemcpyAsync(pinned, pooled, n * sizeof(float), cudaMemcpyDefault, stream));
    CALL(cudaFreeAsync(pooled, stream));
    CALL(cudaStreamSynchronize(stream));
    EXPECT(pinned[100] == 600);

    cudaPointerAttributes attributes;
    CALL(cudaPointerGetAttributes(&attributes, managed));
    EXPECT(attributes.type == cudaMemoryTypeManaged);
    CALL(cudaPointerGetAttributes(&attributes, pinned));
    EXPECT(attributes.type == cudaMemoryTypeHost);
    CALL(cudaPointerGetAttributes(&attributes, &stream));
    EXPECT(attributes.type == cudaMemoryTypeUnregistered);
    CALL(cudaFree(managed));
    CALL(cudaFreeHost(pinned));
    return 0;
}
