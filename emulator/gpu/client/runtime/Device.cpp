// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Devices, limits and peers.

#include "emulator/gpu/client/runtime/Runtime.h"

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

namespace {

Result checkDevice(int device)
{
    int count = 0;
    if (const auto code = cuInit(0); code != 0)
        return code;
    if (const auto code = cuDeviceGetCount(&count); code != 0)
        return code;
    return device < 0 || device >= count ? Result {protocol::InvalidDevice} : 0;
}

Result makeCurrent(int device)
{
    Handle context = 0;
    if (const auto code = cuDevicePrimaryCtxRetain(&context, device); code != 0)
        return code;
    return cuCtxSetCurrent(context);
}

} // namespace

SLIPWAY_EXPORT Result cudaGetDeviceCount(int* count)
{
    if (count == nullptr)
        return note(protocol::InvalidValue);
    *count = 0;
    if (const auto code = cuInit(0); code != 0)
        return note(code);
    return note(cuDeviceGetCount(count));
}

SLIPWAY_EXPORT Result cudaSetDevice(int device)
{
    if (const auto code = checkDevice(device); code != 0)
        return note(code);
    runtimeThread().device = device;
    return note(makeCurrent(device));
}

SLIPWAY_EXPORT Result cudaInitDevice(int device, unsigned, unsigned)
{
    if (const auto code = checkDevice(device); code != 0)
        return note(code);
    Handle context = 0;
    return note(cuDevicePrimaryCtxRetain(&context, device));
}

SLIPWAY_EXPORT Result cudaGetDevice(int* device)
{
    if (device == nullptr)
        return note(protocol::InvalidValue);
    if (const auto code = cuInit(0); code != 0)
        return note(code);
    Handle context = 0;
    if (cuCtxGetCurrent(&context) == 0 && context != 0)
        return note(cuCtxGetDevice(device));
    *device = runtimeThread().device;
    return 0;
}

SLIPWAY_EXPORT Result cudaChooseDevice(int* device, const void*)
{
    if (device == nullptr)
        return note(protocol::InvalidValue);
    *device = 0;
    return note(checkDevice(0));
}

SLIPWAY_EXPORT Result cudaSetValidDevices(int*, int)
{
    return 0;
}
SLIPWAY_EXPORT Result cudaSetDeviceFlags(unsigned)
{
    return 0;
}
SLIPWAY_EXPORT Result cudaGetDeviceFlags(unsigned* flags)
{
    if (flags == nullptr)
        return note(protocol::InvalidValue);
    *flags = 8; // mapped host memory
    return 0;
}

SLIPWAY_EXPORT Result cudaDeviceGetAttribute(int* value, int attribute, int device)
{
    if (const auto code = checkDevice(device); code != 0)
        return note(code);
    return note(cuDeviceGetAttribute(value, attribute, device));
}

SLIPWAY_EXPORT Result cudaDeviceGetPCIBusId(char* id, int length, int device)
{
    if (const auto code = checkDevice(device); code != 0)
        return note(code);
    return note(cuDeviceGetPCIBusId(id, length, device));
}
SLIPWAY_EXPORT Result cudaDeviceGetByPCIBusId(int* device, const char* id)
{
    if (const auto code = cuInit(0); code != 0)
        return note(code);
    return note(cuDeviceGetByPCIBusId(device, id));
}

SLIPWAY_EXPORT Result cudaDeviceSynchronize()
{
    USE_DEVICE_OR_RETURN
    return note(cuCtxSynchronize());
}
SLIPWAY_EXPORT Result cudaThreadSynchronize()
{
    return cudaDeviceSynchronize();
}

SLIPWAY_EXPORT Result cudaDeviceReset()
{
    USE_DEVICE_OR_RETURN
    int device = 0;
    if (const auto code = cuCtxGetDevice(&device); code != 0)
        return note(code);
    return note(cuDevicePrimaryCtxReset_v2(device));
}
SLIPWAY_EXPORT Result cudaThreadExit()
{
    return cudaDeviceReset();
}

SLIPWAY_EXPORT Result cudaDeviceSetLimit(int limit, std::size_t value)
{
    USE_DEVICE_OR_RETURN
    return note(cuCtxSetLimit(limit, value));
}
SLIPWAY_EXPORT Result cudaDeviceGetLimit(std::size_t* value, int limit)
{
    USE_DEVICE_OR_RETURN
    return note(cuCtxGetLimit(value, limit));
}
SLIPWAY_EXPORT Result cudaDeviceGetCacheConfig(int* config)
{
    USE_DEVICE_OR_RETURN
    return note(cuCtxGetCacheConfig(config));
}
SLIPWAY_EXPORT Result cudaDeviceSetCacheConfig(int config)
{
    USE_DEVICE_OR_RETURN
    return note(cuCtxSetCacheConfig(config));
}
SLIPWAY_EXPORT Result cudaDeviceGetSharedMemConfig(int* config)
{
    if (config == nullptr)
        return note(protocol::InvalidValue);
    *config = 1;
    return 0;
}
SLIPWAY_EXPORT Result cudaDeviceSetSharedMemConfig(int)
{
    return 0;
}
SLIPWAY_EXPORT Result cudaCtxResetPersistingL2Cache()
{
    return 0;
}
SLIPWAY_EXPORT Result cudaDeviceGetStreamPriorityRange(int* least, int* greatest)
{
    USE_DEVICE_OR_RETURN
    return note(cuCtxGetStreamPriorityRange(least, greatest));
}

SLIPWAY_EXPORT Result cudaDeviceCanAccessPeer(int* can, int device, int peer)
{
    if (const auto code = checkDevice(device); code != 0)
        return note(code);
    return note(cuDeviceCanAccessPeer(can, device, peer));
}
SLIPWAY_EXPORT Result cudaDeviceGetP2PAttribute(int* value, int attribute, int device, int peer)
{
    if (const auto code = checkDevice(device); code != 0)
        return note(code);
    return note(cuDeviceGetP2PAttribute(value, attribute, device, peer));
}
SLIPWAY_EXPORT Result cudaDeviceEnablePeerAccess(int peer, unsigned flags)
{
    USE_DEVICE_OR_RETURN
    Handle context = 0;
    if (const auto code = cuDevicePrimaryCtxRetain(&context, peer); code != 0)
        return note(code);
    return note(cuCtxEnablePeerAccess(context, flags));
}
SLIPWAY_EXPORT Result cudaDeviceDisablePeerAccess(int peer)
{
    USE_DEVICE_OR_RETURN
    Handle context = 0;
    if (const auto code = cuDevicePrimaryCtxRetain(&context, peer); code != 0)
        return note(code);
    return note(cuCtxDisablePeerAccess(context));
}

SLIPWAY_EXPORT Result cudaProfilerStart()
{
    return 0;
}
SLIPWAY_EXPORT Result cudaProfilerStop()
{
    return 0;
}
