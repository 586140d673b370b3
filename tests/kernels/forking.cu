// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// A child of fork uses the device on its own, while the parent has it too.

#include <sys/wait.h>
#include <unistd.h>

#include "Check.h"

__global__ void fill(int* out, int value)
{
    out[threadIdx.x] = value;
}

static void use(int value)
{
    int* device = nullptr;
    int host[64];
    CALL(cudaMalloc(&device, sizeof host));
    fill<<<1, 64>>>(device, value);
    CALL(cudaMemcpy(host, device, sizeof host, cudaMemcpyDeviceToHost));
    for (const int got : host)
        EXPECT(got == value);
}

int main()
{
    use(1);
    const pid_t child = fork();
    if (child == 0) {
        use(2);
        _exit(0);
    }
    use(3);
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT(status == 0);
    return 0;
}
