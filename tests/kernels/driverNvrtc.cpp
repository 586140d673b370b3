// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// The driver API with a kernel that NVRTC compiles, launched both ways of passing parameters.

#include <cuda.h>
#include <nvrtc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

void call(CUresult code, int line)
{
    if (code == CUDA_SUCCESS)
        return;
    const char* name = nullptr;
    cuGetErrorName(code, &name);
    std::printf("line %d: %s\n", line, name);
    std::exit(1);
}

#define CALL(expression) call(expression, __LINE__)
#define EXPECT(condition)                                                                          \
    if (!(condition)) {                                                                            \
        std::printf("line %d: expected %s\n", __LINE__, #condition);                               \
        std::exit(1);                                                                              \
    }

const char* const source = R"(
extern "C" __global__ void saxpy(float a, const float* x, float* y, int n)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = a * x[i] + y[i];
}
__device__ int answer = 42;
)";

std::string compile()
{
    nvrtcProgram program;
    EXPECT(nvrtcCreateProgram(&program, source, "saxpy.cu", 0, nullptr, nullptr) == NVRTC_SUCCESS);
    const char* options[] = {"-arch=compute_80"};
    EXPECT(nvrtcCompileProgram(program, 1, options) == NVRTC_SUCCESS);
    std::size_t size = 0;
    nvrtcGetPTXSize(program, &size);
    std::string ptx(size, '\0');
    nvrtcGetPTX(program, ptx.data());
    nvrtcDestroyProgram(&program);
    return ptx;
}

} // namespace

int main()
{
    CALL(cuInit(0));
    CUdevice device = 0;
    CUcontext context = nullptr;
    CALL(cuDeviceGet(&device, 0));
    char name[64];
    CALL(cuDeviceGetName(name, sizeof name, device));
    CALL(cuCtxCreate(&context, nullptr, 0, device));
    CUmodule module = nullptr;
    CUfunction function = nullptr;
    const std::string ptx = compile();
    CALL(cuModuleLoadData(&module, ptx.c_str()));
    CALL(cuModuleGetFunction(&function, module, "saxpy"));
    EXPECT(cuModuleGetFunction(&function, module, "nothing") == CUDA_ERROR_NOT_FOUND);
    CALL(cuModuleGetFunction(&function, module, "saxpy"));
    CUdeviceptr x = 0, y = 0, answer = 0;
    std::size_t size = 0;
    CALL(cuModuleGetGlobal(&answer, &size, module, "answer"));
    int got = 0;
    CALL(cuMemcpyDtoH(&got, answer, size));
    EXPECT(size == 4 && got == 42);

    int n = 1000;
    float a = 2;
    std::vector<float> host(n, 3);
    CALL(cuMemAlloc(&x, n * 4));
    CALL(cuMemAlloc(&y, n * 4));
    CALL(cuMemcpyHtoD(x, host.data(), n * 4));
    CALL(cuMemsetD32(y, 0x3f800000, n)); // 1.0f
    void* arguments[] = {&a, &x, &y, &n};
    CALL(cuLaunchKernel(function, 4, 1, 1, 256, 1, 1, 0, nullptr, arguments, nullptr));
    struct {
        float a;
        CUdeviceptr x, y;
        int n;
    } packed {a, x, y, n};
    std::size_t packedSize = sizeof packed;
    void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &packed, CU_LAUNCH_PARAM_BUFFER_SIZE,
                     &packedSize, CU_LAUNCH_PARAM_END};
    CALL(cuLaunchKernel(function, 4, 1, 1, 256, 1, 1, 0, nullptr, nullptr, extra));
    CALL(cuMemcpyDtoH(host.data(), y, n * 4));
    for (const float value : host)
        EXPECT(value == 13.0f);
    EXPECT(cuModuleLoadData(&module, "not PTX at all") == CUDA_ERROR_INVALID_PTX);
    CALL(cuMemFree(x));
    CALL(cuCtxDestroy(context));
    std::printf("%s\n", name);
    return 0;
}
