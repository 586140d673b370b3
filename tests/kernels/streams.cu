// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Streams, events and host functions: order within a stream and between two.

#include <vector>

#include "Check.h"

__global__ void addTo(int* values, int n, int by)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        values[i] = values[i] * 2 + by;
}

void store(void* into)
{
    *static_cast<int*>(into) += 1;
}

int main()
{
    const int n = 4096;
    int* host = nullptr;
    int* device = nullptr;
    CALL(cudaMallocHost(&host, n * 4));
    CALL(cudaMalloc(&device, n * 4));
    for (int i = 0; i < n; ++i)
        host[i] = i;
    cudaStream_t first, second;
    CALL(cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking));
    CALL(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking));
    cudaEvent_t start, middle, end;
    CALL(cudaEventCreate(&start));
    CALL(cudaEventCreate(&middle));
    CALL(cudaEventCreate(&end));
    int called = 0;
    CALL(cudaEventRecord(start, first));
    CALL(cudaMemcpyAsync(device, host, n * 4, cudaMemcpyHostToDevice, first));
    addTo<<<n / 128, 128, 0, first>>>(device, n, 1);
    CALL(cudaEventRecord(middle, first));
    CALL(cudaStreamWaitEvent(second, middle, 0));
    CALL(cudaLaunchHostFunc(second, store, &called));
    addTo<<<n / 128, 128, 0, second>>>(device, n, 10);
    CALL(cudaMemcpyAsync(host, device, n * 4, cudaMemcpyDeviceToHost, second));
    CALL(cudaLaunchHostFunc(second, store, &called));
    CALL(cudaEventRecord(end, second));
    CALL(cudaEventSynchronize(end));
    EXPECT(called == 2);
    for (int i = 0; i < n; ++i)
        EXPECT(host[i] == (i * 2 + 1) * 2 + 10);
    float milliseconds = -1;
    CALL(cudaEventElapsedTime(&milliseconds, start, end));
    EXPECT(milliseconds > 0);
    EXPECT(cudaStreamQuery(second) == cudaSuccess);
    CALL(cudaStreamDestroy(first));
    CALL(cudaStreamDestroy(second));
    CALL(cudaFreeHost(host));
    return 0;
}
