// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Launches, function attributes and occupancy.

#include "emulator/gpu/client/runtime/Execution.h"

#include <cstring>

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

/// cudaLaunchAttribute and CUlaunchAttribute: the same.
struct LaunchAttribute {
    int id;
    int pad;
    int value[16];
};
static_assert(sizeof(LaunchAttribute) == 72);

/// CUlaunchConfig.
struct DriverConfig {
    Dim3 grid;
    Dim3 block;
    unsigned sharedBytes;
    Handle stream;
    const LaunchAttribute* attributes;
    unsigned attributeCount;
};
static_assert(sizeof(DriverConfig) == 56);

/// cudaLaunchConfig_t.
struct RuntimeConfig {
    Dim3 grid;
    Dim3 block;
    std::size_t sharedBytes;
    Handle stream;
    const LaunchAttribute* attributes;
    unsigned attributeCount;
};
static_assert(sizeof(RuntimeConfig) == 56);

/// cudaFuncAttributes; CUDA 12 ends with a few reserved words less.
struct FunctionAttributes {
    std::size_t sharedSizeBytes;
    std::size_t constSizeBytes;
    std::size_t localSizeBytes;
    int maxThreadsPerBlock;
    int numRegs;
    int ptxVersion;
    int binaryVersion;
    int cacheModeCA;
    int maxDynamicSharedSizeBytes;
    int preferredShmemCarveout;
    int clusterDimMustBeSet;
    int requiredClusterWidth;
    int requiredClusterHeight;
    int requiredClusterDepth;
    int clusterSchedulingPolicyPreference;
    int nonPortableClusterSizeAllowed;
    int reserved[16];
};
static_assert(sizeof(FunctionAttributes) == 144);

namespace {

constexpr int attributeCooperative = 2;

bool badShape(const Dim3& grid, const Dim3& block)
{
    const std::uint64_t threads = std::uint64_t {block.x} * block.y * block.z;
    return grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7fffffffU || grid.y > 65535
        || grid.z > 65535 || block.x > 1024 || block.y > 1024 || block.z > 64 || threads == 0
        || threads > 1024;
}

Result launchWith(const void* stub, const DriverConfig& config, void** arguments)
{
    if (const auto code = useDevice(); code != 0)
        return code;
    Handle function = 0;
    if (const auto code = registry().function(stub, function); code != 0)
        return code;
    if (badShape(config.grid, config.block))
        return protocol::InvalidConfiguration;
    return cuLaunchKernelEx(&config, function, arguments, nullptr);
}

Result withFunction(const void* stub, Handle& function)
{
    if (const auto code = useDevice(); code != 0)
        return code;
    return registry().function(stub, function);
}

} // namespace

namespace emulator::gpu::client {

Result launchStub(const void* stub, const RuntimeThread::Configuration& configuration,
                  void** arguments, bool cooperative)
{
    LaunchAttribute attribute {};
    attribute.id = attributeCooperative;
    attribute.value[0] = 1;
    const DriverConfig config {
        configuration.grid,   configuration.block, static_cast<unsigned>(configuration.sharedBytes),
        configuration.stream, &attribute,          cooperative ? 1U : 0U};
    return launchWith(stub, config, arguments);
}

} // namespace emulator::gpu::client

SLIPWAY_EXPORT Result cudaLaunchKernel(const void* stub, Dim3 grid, Dim3 block, void** arguments,
                                       std::size_t sharedBytes, Handle stream)
{
    return note(launchStub(stub, {grid, block, sharedBytes, stream}, arguments, false));
}

SLIPWAY_EXPORT Result cudaLaunchCooperativeKernel(const void* stub, Dim3 grid, Dim3 block,
                                                  void** arguments, std::size_t sharedBytes,
                                                  Handle stream)
{
    return note(launchStub(stub, {grid, block, sharedBytes, stream}, arguments, true));
}

SLIPWAY_EXPORT Result cudaLaunchKernelExC(const RuntimeConfig* config, const void* stub,
                                          void** arguments)
{
    if (config == nullptr)
        return note(protocol::InvalidValue);
    const DriverConfig converted {
        config->grid,   config->block,      static_cast<unsigned>(config->sharedBytes),
        config->stream, config->attributes, config->attributeCount};
    return note(launchWith(stub, converted, arguments));
}

SLIPWAY_EXPORT Result cudaFuncGetAttributes(FunctionAttributes* attributes, const void* stub)
{
    Handle function = 0;
    if (attributes == nullptr)
        return note(protocol::InvalidValue);
    if (const auto code = withFunction(stub, function); code != 0)
        return note(code);
    const auto get = [function](int attribute) {
        int value = 0;
        cuFuncGetAttribute(&value, attribute, function);
        return value;
    };
    std::memset(attributes, 0, offsetof(FunctionAttributes, reserved));
    attributes->maxThreadsPerBlock = get(0);
    attributes->sharedSizeBytes = static_cast<std::size_t>(get(1));
    attributes->constSizeBytes = static_cast<std::size_t>(get(2));
    attributes->localSizeBytes = static_cast<std::size_t>(get(3));
    attributes->numRegs = get(4);
    attributes->ptxVersion = get(5);
    attributes->binaryVersion = get(6);
    attributes->maxDynamicSharedSizeBytes = get(8);
    attributes->preferredShmemCarveout = get(9);
    return 0;
}

SLIPWAY_EXPORT Result cudaFuncSetAttribute(const void* stub, int attribute, int value)
{
    Handle function = 0;
    if (const auto code = withFunction(stub, function); code != 0)
        return note(code);
    return note(cuFuncSetAttribute(function, attribute, value)); // the same numbers
}

SLIPWAY_EXPORT Result cudaFuncSetCacheConfig(const void* stub, int)
{
    Handle function = 0;
    return note(withFunction(stub, function));
}
SLIPWAY_EXPORT Result cudaFuncSetSharedMemConfig(const void* stub, int)
{
    Handle function = 0;
    return note(withFunction(stub, function));
}

SLIPWAY_EXPORT Result cudaFuncGetName(const char** name, const void* stub)
{
    Handle function = 0;
    if (const auto code = withFunction(stub, function); code != 0)
        return note(code);
    return note(cuFuncGetName(name, function));
}

SLIPWAY_EXPORT Result cudaFuncGetParamInfo(const void* stub, std::size_t index, std::size_t* offset,
                                           std::size_t* size)
{
    Handle function = 0;
    if (const auto code = withFunction(stub, function); code != 0)
        return note(code);
    return note(cuFuncGetParamInfo(function, index, offset, size));
}

SLIPWAY_EXPORT Result cudaGetFuncBySymbol(Handle* function, const void* stub)
{
    return function == nullptr ? note(protocol::InvalidValue) : note(withFunction(stub, *function));
}

SLIPWAY_EXPORT Result cudaGetKernel(const void** kernel, const void* stub)
{
    if (kernel == nullptr)
        return note(protocol::InvalidValue);
    *kernel = stub;
    return registry().isFunction(stub) ? 0 : note(protocol::InvalidDeviceFunction);
}

SLIPWAY_EXPORT Result cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
    int* blocks, const void* stub, int threads, std::size_t dynamicShared, unsigned flags)
{
    Handle function = 0;
    if (const auto code = withFunction(stub, function); code != 0)
        return note(code);
    return note(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, threads,
                                                                     dynamicShared, flags));
}
SLIPWAY_EXPORT Result cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* stub,
                                                                    int threads,
                                                                    std::size_t dynamicShared)
{
    return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, stub, threads,
                                                                  dynamicShared, 0);
}
SLIPWAY_EXPORT Result cudaOccupancyAvailableDynamicSMemPerBlock(std::size_t* size, const void* stub,
                                                                int blocks, int threads)
{
    Handle function = 0;
    if (const auto code = withFunction(stub, function); code != 0)
        return note(code);
    return note(cuOccupancyAvailableDynamicSMemPerBlock(size, function, blocks, threads));
}
