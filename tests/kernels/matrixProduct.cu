// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// C = A · B in tiles of 16 × 16 in shared memory; sizes are no multiples of the tile.

#include <vector>

#include "Check.h"

constexpr int tile = 16;

__global__ void product(const float* a, const float* b, float* c, int rows, int inner, int columns)
{
    __shared__ float tileA[tile][tile];
    __shared__ float tileB[tile][tile];
    const int row = blockIdx.y * tile + threadIdx.y;
    const int column = blockIdx.x * tile + threadIdx.x;
    float sum = 0;
    for (int start = 0; start < inner; start += tile) {
        const int k = start + threadIdx.x;
        const int l = start + threadIdx.y;
        tileA[threadIdx.y][threadIdx.x] = row < rows && k < inner ? a[row * inner + k] : 0;
        tileB[threadIdx.y][threadIdx.x]
            = l < inner && column < columns ? b[l * columns + column] : 0;
        __syncthreads();
        for (int i = 0; i < tile; ++i)
            sum += tileA[threadIdx.y][i] * tileB[i][threadIdx.x];
        __syncthreads();
    }
    if (row < rows && column < columns)
        c[row * columns + column] = sum;
}

int main()
{
    const int rows = 50;
    const int inner = 37;
    const int columns = 61;
    std::vector<float> a(rows * inner);
    std::vector<float> b(inner * columns);
    std::vector<float> c(rows * columns);
    for (std::size_t i = 0; i < a.size(); ++i)
        a[i] = static_cast<float>(i % 13) - 6;
    for (std::size_t i = 0; i < b.size(); ++i)
        b[i] = static_cast<float>(i % 7) * 0.25f;
    float *da, *db, *dc;
    CALL(cudaMalloc(&da, a.size() * 4));
    CALL(cudaMalloc(&db, b.size() * 4));
    CALL(cudaMalloc(&dc, c.size() * 4));
    CALL(cudaMemcpy(da, a.data(), a.size() * 4, cudaMemcpyHostToDevice));
    CALL(cudaMemcpy(db, b.data(), b.size() * 4, cudaMemcpyHostToDevice));
    product<<<dim3((columns + tile - 1) / tile, (rows + tile - 1) / tile), dim3(tile, tile)>>>(
        da, db, dc, rows, inner, columns);
    CALL(cudaMemcpy(c.data(), dc, c.size() * 4, cudaMemcpyDeviceToHost));
    for (int i = 0; i < rows; ++i)
        for (int j = 0; j < columns; ++j) {
            float expected = 0;
            for (int k = 0; k < inner; ++k)
                expected += a[i * inner + k] * b[k * columns + j];
            EXPECT(near(c[i * columns + j], expected));
        }
    return 0;
}
