// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Seven-point stencil in doubles on a pitched 3-D box.

#include <vector>

#include "Check.h"

__global__ void stencil(const double* in, double* out, int nx, int ny, int nz)
{
    const int x = blockIdx.x * blockDim.x + threadIdx.x;
    const int y = blockIdx.y * blockDim.y + threadIdx.y;
    const int z = blockIdx.z * blockDim.z + threadIdx.z;
    if (x < 1 || y < 1 || z < 1 || x >= nx - 1 || y >= ny - 1 || z >= nz - 1)
        return;
    const int i = (z * ny + y) * nx + x;
    out[i] = 0.4 * in[i]
        + 0.1
            * (in[i - 1] + in[i + 1] + in[i - nx] + in[i + nx] + in[i - nx * ny] + in[i + nx * ny]);
}

int main()
{
    const int nx = 33, ny = 18, nz = 11, n = nx * ny * nz;
    std::vector<double> in(n), out(n);
    for (int i = 0; i < n; ++i)
        in[i] = std::sin(i * 0.1);
    double *a, *b;
    CALL(cudaMalloc(&a, n * 8));
    CALL(cudaMalloc(&b, n * 8));
    CALL(cudaMemset(b, 0, n * 8));
    CALL(cudaMemcpy(a, in.data(), n * 8, cudaMemcpyHostToDevice));
    stencil<<<dim3(5, 5, 3), dim3(8, 4, 4)>>>(a, b, nx, ny, nz);
    CALL(cudaMemcpy(out.data(), b, n * 8, cudaMemcpyDeviceToHost));
    for (int z = 0; z < nz; ++z)
        for (int y = 0; y < ny; ++y)
            for (int x = 0; x < nx; ++x) {
                const int i = (z * ny + y) * nx + x;
                double expected = 0;
                if (x > 0 && y > 0 && z > 0 && x < nx - 1 && y < ny - 1 && z < nz - 1)
                    expected = 0.4 * in[i]
                        + 0.1
                            * (in[i - 1] + in[i + 1] + in[i - nx] + in[i + nx] + in[i - nx * ny]
                               + in[i + nx * ny]);
                EXPECT(near(out[i], expected, 1e-12));
            }
    return 0;
}
