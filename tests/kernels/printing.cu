// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// printf of a kernel arrives on standard output by the next synchronisation; a failed assertion is
// cudaErrorAssert. The test looks for the lines.

#include <cassert>

#include "Check.h"

__global__ void hello(int n)
{
    printf("thread %d of %d: %5.2f %s\n", threadIdx.x, n, n * 0.5, "ok");
}

__global__ void check(int limit)
{
    assert(static_cast<int>(threadIdx.x) < limit);
}

int main()
{
    hello<<<1, 3>>>(3);
    CALL(cudaDeviceSynchronize());
    check<<<1, 8>>>(8);
    CALL(cudaDeviceSynchronize());
    check<<<1, 8>>>(7);
    EXPECT(cudaDeviceSynchronize() == cudaErrorAssert);
    std::printf("done\n");
    return 0;
}
