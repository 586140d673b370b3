// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Transposes through a padded tile in shared memory; copies with pitches both ways.

#include <vector>

#include "Check.h"

__global__ void transpose(const int* in, std::size_t inPitch, int* out, std::size_t outPitch, int w,
                          int h)
{
    __shared__ int tile[32][33];
    int x = blockIdx.x * 32 + threadIdx.x;
    for (int j = threadIdx.y; j < 32; j += 8)
        if (const int y = blockIdx.y * 32 + j; x < w && y < h)
            tile[j][threadIdx.x] = in[y * inPitch + x];
    __syncthreads();
    x = blockIdx.y * 32 + threadIdx.x;
    for (int j = threadIdx.y; j < 32; j += 8)
        if (const int y = blockIdx.x * 32 + j; x < h && y < w)
            out[y * outPitch + x] = tile[threadIdx.x][j];
}

int main()
{
    const int w = 75, h = 50;
    std::vector<int> in(w * h), out(w * h);
    for (int i = 0; i < w * h; ++i)
        in[i] = i;
    int *a, *b;
    std::size_t pitchA = 0, pitchB = 0;
    CALL(cudaMallocPitch(&a, &pitchA, w * 4, h));
    CALL(cudaMallocPitch(&b, &pitchB, h * 4, w));
    CALL(cudaMemcpy2D(a, pitchA, in.data(), w * 4, w * 4, h, cudaMemcpyHostToDevice));
    transpose<<<dim3(3, 2), dim3(32, 8)>>>(a, pitchA / 4, b, pitchB / 4, w, h);
    CALL(cudaGetLastError());
    CALL(cudaMemcpy2D(out.data(), h * 4, b, pitchB, h * 4, w, cudaMemcpyDeviceToHost));
    for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x)
            EXPECT(out[x * h + y] == in[y * w + x]);
    return 0;
}
