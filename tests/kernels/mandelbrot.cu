// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Mandelbrot set: every lane leaves its loop at another turn.

#include <vector>

#include "Check.h"

__host__ __device__ int turns(float cx, float cy)
{
    float x = 0, y = 0;
    int i = 0;
    for (; i < 200 && x * x + y * y <= 4.0f; ++i) {
        const float next = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = next;
    }
    return i;
}

__global__ void mandelbrot(unsigned char* image, int w, int h)
{
    const int x = blockIdx.x * blockDim.x + threadIdx.x;
    const int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x < w && y < h)
        image[y * w + x] = turns(-2.0f + 3.0f * x / w, -1.5f + 3.0f * y / h);
}

int main()
{
    const int w = 96, h = 64;
    unsigned char* device = nullptr;
    std::vector<unsigned char> image(w * h);
    CALL(cudaMalloc(&device, w * h));
    mandelbrot<<<dim3(6, 8), dim3(16, 8)>>>(device, w, h);
    CALL(cudaMemcpy(image.data(), device, w * h, cudaMemcpyDeviceToHost));
    int different = 0; // the host may contract x * x + y * y otherwise
    for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x)
            different += image[y * w + x] != turns(-2.0f + 3.0f * x / w, -1.5f + 3.0f * y / h);
    EXPECT(different < w * h / 100);
    EXPECT(image[0] < 3 && image[h / 2 * w + w / 2] > 100);
    return 0;
}
