// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// cudaGetDeviceProperties: the attributes of the driver, laid out as a structure.

#include "emulator/gpu/client/runtime/Properties.h"

#include "emulator/gpu/client/runtime/Runtime.h"

#include <cstring>

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

namespace {

int attributeOf(int attribute, int device)
{
    int value = 0;
    cuDeviceGetAttribute(&value, attribute, device);
    return value;
}

std::size_t sizeOf(int attribute, int device)
{
    return static_cast<std::size_t>(attributeOf(attribute, device));
}

/// Fields whose value is one attribute each, or follows one another.
template<typename Properties>
void fillLimits(Properties& out, int device)
{
    const auto get = [device](int attribute) { return attributeOf(attribute, device); };
    for (int i = 0; i < 3; ++i) {
        out.maxThreadsDim[i] = get(2 + i);
        out.maxGridSize[i] = get(5 + i);
        out.maxTexture3D[i] = get(24 + i);
        out.maxTexture3DAlt[i] = get(47 + i);
        out.maxTexture2DLayered[i] = get(27 + i);
        out.maxTexture2DLinear[i] = get(70 + i);
        out.maxSurface3D[i] = get(58 + i);
        out.maxSurface2DLayered[i] = get(63 + i);
    }
    for (int i = 0; i < 2; ++i) {
        out.maxTexture2D[i] = get(22 + i);
        out.maxTexture2DMipmap[i] = get(73 + i);
        out.maxTexture2DGather[i] = get(45 + i);
        out.maxTexture1DLayered[i] = get(42 + i);
        out.maxTextureCubemapLayered[i] = get(53 + i);
        out.maxSurface2D[i] = get(56 + i);
        out.maxSurface1DLayered[i] = get(61 + i);
        out.maxSurfaceCubemapLayered[i] = get(67 + i);
    }
    out.maxTexture1D = get(21);
    out.maxTexture1DMipmap = get(77);
    out.maxTextureCubemap = get(52);
    out.maxSurface1D = get(55);
    out.maxSurfaceCubemap = get(66);
    out.textureAlignment = sizeOf(14, device);
    out.texturePitchAlignment = sizeOf(51, device);
    out.surfaceAlignment = sizeOf(30, device);
    out.maxThreadsPerBlock = get(1);
    out.maxBlocksPerMultiProcessor = get(106);
    out.maxThreadsPerMultiProcessor = get(39);
    out.regsPerBlock = get(12);
    out.regsPerMultiprocessor = get(82);
    out.warpSize = get(10);
    out.memPitch = sizeOf(11, device);
    out.totalConstMem = sizeOf(9, device);
    out.sharedMemPerBlock = sizeOf(8, device);
    out.sharedMemPerBlockOptin = sizeOf(97, device);
    out.sharedMemPerMultiprocessor = sizeOf(81, device);
    out.reservedSharedMemPerBlock = sizeOf(111, device);
}

template<typename Properties>
void fillAbilities(Properties& out, int device)
{
    const auto get = [device](int attribute) { return attributeOf(attribute, device); };
    out.major = get(75);
    out.minor = get(76);
    out.multiProcessorCount = get(16);
    out.integrated = get(18);
    out.canMapHostMemory = get(19);
    out.concurrentKernels = get(31);
    out.ECCEnabled = get(32);
    out.pciBusID = get(33);
    out.pciDeviceID = get(34);
    out.pciDomainID = get(50);
    out.asyncEngineCount = get(40);
    out.unifiedAddressing = get(41);
    out.memoryBusWidth = get(37);
    out.l2CacheSize = get(38);
    out.persistingL2CacheMaxSize = get(108);
    out.accessPolicyMaxWindowSize = get(109);
    out.streamPrioritiesSupported = get(78);
    out.globalL1CacheSupported = get(79);
    out.localL1CacheSupported = get(80);
    out.managedMemory = get(83);
    out.hostNativeAtomicSupported = get(86);
    out.pageableMemoryAccess = get(88);
    out.concurrentManagedAccess = get(89);
    out.computePreemptionSupported = get(90);
    out.canUseHostPointerForRegisteredMem = get(91);
    out.cooperativeLaunch = get(95);
    out.hostRegisterSupported = get(99);
    out.pageableMemoryAccessUsesHostPageTables = get(100);
    out.directManagedMemAccessFromHost = get(101);
    out.memoryPoolsSupported = get(115);
    out.clusterLaunch = get(120);
    out.ipcEventSupported = get(125);
    out.unifiedFunctionPointers = get(129);
}

template<typename Properties>
Result fill(Properties* out, int device)
{
    int count = 0;
    if (const auto code = cuInit(0); code != 0)
        return code;
    cuDeviceGetCount(&count);
    if (out == nullptr || device < 0 || device >= count)
        return out == nullptr ? protocol::InvalidValue : protocol::InvalidDevice;
    std::memset(out, 0, sizeof *out);
    cuDeviceGetName(out->name, sizeof out->name, device);
    cuDeviceGetUuid_v2(out->uuid, device);
    cuDeviceTotalMem_v2(&out->totalGlobalMem, device);
    fillLimits(*out, device);
    fillAbilities(*out, device);
    return 0;
}

[[maybe_unused]] Result fill12(DeviceProperties12* out, int device)
{
    if (const auto code = fill(out, device); code != 0)
        return code;
    out->clockRate = attributeOf(13, device);
    out->memoryClockRate = attributeOf(36, device);
    out->deviceOverlap = attributeOf(15, device);
    out->kernelExecTimeoutEnabled = attributeOf(17, device);
    out->computeMode = attributeOf(20, device);
    out->maxTexture1DLinear = attributeOf(69, device);
    out->singleToDoublePrecisionPerfRatio = attributeOf(87, device);
    return 0;
}

} // namespace

#if RUNTIME_MAJOR >= 13
SLIPWAY_EXPORT Result cudaGetDeviceProperties(DeviceProperties13* out, int device)
{
    return note(fill(out, device));
}
#else
/// Up to CUDA 11 the structure ended before the fields that are in doubt.
SLIPWAY_EXPORT Result cudaGetDeviceProperties_v2(DeviceProperties12* out, int device)
{
    return note(fill12(out, device));
}
#endif
