// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// cuInit, versions and devices.

#include "emulator/gpu/client/driver/Attributes.h"
#include "emulator/gpu/client/driver/Driver.h"

#include <cstdio>
#include <cstring>

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

SLIPWAY_EXPORT Result cuInit(unsigned flags)
{
    return flags != 0 ? Result {protocol::InvalidValue} : Driver::initialize();
}

SLIPWAY_EXPORT Result cuDriverGetVersion(int* version)
{
    if (version == nullptr)
        return protocol::InvalidValue;
    *version = driverVersion;
    return 0;
}

SLIPWAY_EXPORT Result cuDeviceGetCount(int* count)
{
    DRIVER_OR_RETURN(driver)
    if (count == nullptr)
        return protocol::InvalidValue;
    *count = driver->deviceCount();
    return 0;
}

SLIPWAY_EXPORT Result cuDeviceGet(int* device, int ordinal)
{
    DRIVER_OR_RETURN(driver)
    if (device == nullptr)
        return protocol::InvalidValue;
    if (driver->figures(ordinal) == nullptr)
        return protocol::InvalidDevice;
    *device = ordinal;
    return 0;
}

SLIPWAY_EXPORT Result cuDeviceGetName(char* name, int length, int device)
{
    DRIVER_OR_RETURN(driver)
    const auto* figures = driver->figures(device);
    if (figures == nullptr)
        return protocol::InvalidDevice;
    if (name == nullptr || length <= 0)
        return protocol::InvalidValue;
    std::snprintf(name, static_cast<std::size_t>(length), "%s", figures->name.data());
    return 0;
}

SLIPWAY_EXPORT Result cuDeviceGetUuid_v2(void* uuid, int device)
{
    DRIVER_OR_RETURN(driver)
    const auto* figures = driver->figures(device);
    if (figures == nullptr || uuid == nullptr)
        return figures == nullptr ? protocol::InvalidDevice : protocol::InvalidValue;
    std::memcpy(uuid, figures->uuid.data(), figures->uuid.size());
    return 0;
}

SLIPWAY_EXPORT Result cuDeviceGetUuid(void* uuid, int device)
{
    return cuDeviceGetUuid_v2(uuid, device);
}

SLIPWAY_EXPORT Result cuDeviceGetLuid(char*, unsigned*, int)
{
    return protocol::NotSupported; // Windows only, as documented
}

SLIPWAY_EXPORT Result cuDeviceTotalMem_v2(std::size_t* bytes, int device)
{
    DRIVER_OR_RETURN(driver)
    const auto* figures = driver->figures(device);
    if (figures == nullptr || bytes == nullptr)
        return figures == nullptr ? protocol::InvalidDevice : protocol::InvalidValue;
    *bytes = figures->memoryBytes;
    return 0;
}

SLIPWAY_EXPORT Result cuDeviceComputeCapability(int* major, int* minor, int device)
{
    DRIVER_OR_RETURN(driver)
    const auto* figures = driver->figures(device);
    if (figures == nullptr || major == nullptr || minor == nullptr)
        return figures == nullptr ? protocol::InvalidDevice : protocol::InvalidValue;
    *major = figures->computeMajor;
    *minor = figures->computeMinor;
    return 0;
}

SLIPWAY_EXPORT Result cuDeviceGetAttribute(int* value, int attribute, int device)
{
    DRIVER_OR_RETURN(driver)
    const auto* figures = driver->figures(device);
    if (figures == nullptr)
        return protocol::InvalidDevice;
    if (value == nullptr || !deviceAttribute(*figures, attribute, *value))
        return protocol::InvalidValue;
    return 0;
}

/// CUdevprop, the structure of the first CUDA versions.
struct OldProperties {
    int maxThreadsPerBlock;
    int maxThreadsDim[3];
    int maxGridSize[3];
    int sharedMemPerBlock;
    int totalConstantMemory;
    int SIMDWidth; // NOLINT: their name
    int memPitch;
    int regsPerBlock;
    int clockRate;
    int textureAlign;
};

SLIPWAY_EXPORT Result cuDeviceGetProperties(OldProperties* properties, int device)
{
    DRIVER_OR_RETURN(driver)
    const auto* figures = driver->figures(device);
    if (figures == nullptr || properties == nullptr)
        return figures == nullptr ? protocol::InvalidDevice : protocol::InvalidValue;
    *properties = {1024,
                   {1024, 1024, 64},
                   {0x7fffffff, 65535, 65535},
                   49152,
                   65536,
                   32,
                   0x7fffffff,
                   65536,
                   figures->clockKhz,
                   512};
    return 0;
}

SLIPWAY_EXPORT Result cuDeviceGetPCIBusId(char* id, int length, int device)
{
    DRIVER_OR_RETURN(driver)
    const auto* figures = driver->figures(device);
    if (figures == nullptr || id == nullptr || length <= 0)
        return figures == nullptr ? protocol::InvalidDevice : protocol::InvalidValue;
    std::snprintf(id, static_cast<std::size_t>(length), "0000:%02x:00.0", figures->pciBus);
    return 0;
}

SLIPWAY_EXPORT Result cuDeviceGetByPCIBusId(int* device, const char* id)
{
    DRIVER_OR_RETURN(driver)
    unsigned domain = 0;
    unsigned bus = 0;
    if (device == nullptr || id == nullptr
        || (std::sscanf(id, "%x:%x:", &domain, &bus) != 2 && std::sscanf(id, "%x:", &bus) != 1))
        return protocol::InvalidValue;
    for (int i = 0; i < driver->deviceCount(); ++i)
        if (driver->figures(i)->pciBus == static_cast<int>(bus)) {
            *device = i;
            return 0;
        }
    return protocol::InvalidDevice;
}

SLIPWAY_EXPORT Result cuDeviceCanAccessPeer(int* can, int device, int peer)
{
    DRIVER_OR_RETURN(driver)
    if (can == nullptr)
        return protocol::InvalidValue;
    if (driver->figures(device) == nullptr || driver->figures(peer) == nullptr)
        return protocol::InvalidDevice;
    *can = device != peer ? 1 : 0;
    return 0;
}

SLIPWAY_EXPORT Result cuDeviceGetP2PAttribute(int* value, int attribute, int device, int peer)
{
    DRIVER_OR_RETURN(driver)
    if (driver->figures(device) == nullptr || driver->figures(peer) == nullptr || device == peer)
        return protocol::InvalidDevice;
    if (value == nullptr || attribute < 1 || attribute > 4)
        return protocol::InvalidValue;
    // 1 performance rank, 2 access, 3 native atomics, 4 arrays
    *value = attribute == 1 || attribute == 4 ? 0 : 1;
    return 0;
}

SLIPWAY_EXPORT Result cuDeviceGetNvSciSyncAttributes(void*, int, int)
{
    reportUnsupported("cuDeviceGetNvSciSyncAttributes");
    return protocol::NotSupported;
}

SLIPWAY_EXPORT Result cuFlushGPUDirectRDMAWrites(int, int)
{
    return 0;
}

SLIPWAY_EXPORT Result cuProfilerStart()
{
    return 0;
}
SLIPWAY_EXPORT Result cuProfilerStop()
{
    return 0;
}
