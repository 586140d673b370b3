// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Two devices: each with its own memory; copies and kernel access between them.

#include "Check.h"

__global__ void addTo(int* own, const int* peer) { own[threadIdx.x] += peer[threadIdx.x]; }

int main()
{
    int count = 0;
    CALL(cudaGetDeviceCount(&count));
    EXPECT(count == 2);
    int host[64];
    int* device[2];
    for (int i = 0; i < 2; ++i) {
        CALL(cudaSetDevice(i));
        for (int j = 0; j < 64; ++j)
            host[j] = j + 1000 * i;
        CALL(cudaMalloc(&device[i], sizeof host));
        CALL(cudaMemcpy(device[i], host, sizeof host, cudaMemcpyHostToDevice));
        cudaPointerAttributes attributes;
        CALL(cudaPointerGetAttributes(&attributes, device[i]));
        EXPECT(attributes.device == i);
    }
    std::size_t free = 0, total = 0;
    CALL(cudaMemGetInfo(&free, &total));
    EXPECT(total - free >= sizeof host && total - free < (1 << 20));
    int can = 0;
    CALL(cudaDeviceCanAccessPeer(&can, 1, 0));
    EXPECT(can == 1);
    CALL(cudaDeviceEnablePeerAccess(0, 0)); // of device 1
    EXPECT(cudaDeviceEnablePeerAccess(0, 0) == cudaErrorPeerAccessAlreadyEnabled);
    EXPECT(cudaGetLastError() == cudaErrorPeerAccessAlreadyEnabled);
    addTo<<<1, 64>>>(device[1], device[0]);
    CALL(cudaDeviceSynchronize());
    CALL(cudaMemcpyPeer(device[0], 0, device[1], 1, sizeof host));
    CALL(cudaSetDevice(0));
    CALL(cudaMemcpy(host, device[0], sizeof host, cudaMemcpyDeviceToHost));
    for (int j = 0; j < 64; ++j)
        EXPECT(host[j] == 2 * j + 1000);
    return 0;
}
