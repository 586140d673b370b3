// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// A kernel writes where nothing is: the context is lost, the program goes on.

#include "Check.h"

__global__ void write(int* to)
{
    to[threadIdx.x] = 1;
}

int main()
{
    int* device = nullptr;
    CALL(cudaMalloc(&device, 256));
    write<<<1, 64>>>(device);
    CALL(cudaDeviceSynchronize());
    write<<<1, 64>>>(device + (1 << 28));
    EXPECT(cudaDeviceSynchronize() == cudaErrorIllegalAddress);
    EXPECT(cudaGetLastError() == cudaErrorIllegalAddress);
    int host = 0;
    EXPECT(cudaMemcpy(&host, device, 4, cudaMemcpyDeviceToHost) == cudaErrorIllegalAddress);
    EXPECT(cudaMalloc(&device, 4) == cudaErrorIllegalAddress); // sticky
    cudaGetLastError();
    CALL(cudaDeviceReset()); // and gone with the context
    CALL(cudaMalloc(&device, 256));
    write<<<1, 64>>>(device);
    CALL(cudaMemcpy(&host, device, 4, cudaMemcpyDeviceToHost));
    EXPECT(host == 1);

    // Mistakes that are caught before anything runs.
    write<<<1, 2048>>>(device);
    EXPECT(cudaGetLastError() == cudaErrorInvalidConfiguration);
    EXPECT(cudaMemcpy(device, &host, 1 << 20, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
    EXPECT(cudaFree(device + 1) == cudaErrorInvalidValue);
    std::size_t free = 0, total = 0;
    CALL(cudaMemGetInfo(&free, &total));
    EXPECT(cudaMalloc(&device, total + 1) == cudaErrorMemoryAllocation);
    return 0;
}
