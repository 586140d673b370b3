# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
"""The stock bindings of Python: NVRTC to PTX, launch, compare with numpy; NVML."""

import numpy
import pynvml
from cuda.bindings import driver, nvrtc

SOURCE = b"""
extern "C" __global__ void axpy(float a, const float* x, float* y, size_t n)
{
    size_t i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = a * x[i] + y[i];
}
"""


def call(result):
    code, *values = result
    assert int(code) == 0, code
    return values[0] if len(values) == 1 else values


call(driver.cuInit(0))
device = call(driver.cuDeviceGet(0))
context = call(driver.cuDevicePrimaryCtxRetain(device))
call(driver.cuCtxSetCurrent(context))

program = call(nvrtc.nvrtcCreateProgram(SOURCE, b"axpy.cu", 0, [], []))
call(nvrtc.nvrtcCompileProgram(program, 1, [b"--gpu-architecture=compute_80"]))
ptx = b" " * call(nvrtc.nvrtcGetPTXSize(program))
call(nvrtc.nvrtcGetPTX(program, ptx))
module = call(driver.cuModuleLoadData(ptx))
kernel = call(driver.cuModuleGetFunction(module, b"axpy"))

count = 10_000
x = numpy.random.default_rng(7).random(count, dtype=numpy.float32)
y = numpy.ones(count, dtype=numpy.float32)
result = numpy.empty_like(y)
stream = call(driver.cuStreamCreate(0))
on_device = [call(driver.cuMemAlloc(x.nbytes)) for _ in range(2)]
call(driver.cuMemcpyHtoDAsync(on_device[0], x.ctypes.data, x.nbytes, stream))
call(driver.cuMemcpyHtoDAsync(on_device[1], y.ctypes.data, y.nbytes, stream))
arguments = [
    numpy.array([2.5], dtype=numpy.float32),
    numpy.array([int(on_device[0])], dtype=numpy.uint64),
    numpy.array([int(on_device[1])], dtype=numpy.uint64),
    numpy.array([count], dtype=numpy.uint64),
]
pointers = numpy.array([argument.ctypes.data for argument in arguments], dtype=numpy.uint64)
call(driver.cuLaunchKernel(kernel, 40, 1, 1, 256, 1, 1, 0, stream, pointers.ctypes.data, 0))
call(driver.cuMemcpyDtoHAsync(result.ctypes.data, on_device[1], y.nbytes, stream))
call(driver.cuStreamSynchronize(stream))
assert numpy.allclose(result, 2.5 * x + y)

pynvml.nvmlInit()
handle = pynvml.nvmlDeviceGetHandleByIndex(0)
assert pynvml.nvmlDeviceGetName(handle) == "NVIDIA A100-SXM4-80GB"
assert pynvml.nvmlDeviceGetMemoryInfo(handle).used >= 2 * x.nbytes
assert pynvml.nvmlDeviceGetCudaComputeCapability(handle) == (8, 0)
assert len(pynvml.nvmlDeviceGetComputeRunningProcesses(handle)) == 1
pynvml.nvmlShutdown()
print("ok")
