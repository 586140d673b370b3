// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// What is known of a kernel: attributes, parameters, occupancy.

#include "emulator/gpu/client/driver/Driver.h"
#include "emulator/gpu/protocol/Occupancy.h"

#include <algorithm>

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

namespace {

bool attributeOf(const Driver& driver, const FunctionState& function, int attribute, int& value)
{
    const auto& head = function.head;
    const auto* card = driver.figures(function.device);
    const int architecture = card->computeMajor * 10 + card->computeMinor;
    switch (attribute) {
    case 0: // threads per block
        value = static_cast<int>(std::min(head.maxThreadsPerBlock, 1024U));
        return true;
    case 1:
        value = static_cast<int>(head.staticSharedBytes);
        return true;
    case 2:
        value = static_cast<int>(head.constantBytes);
        return true;
    case 3:
        value = static_cast<int>(head.localBytes);
        return true;
    case 4:
        value = static_cast<int>(std::min(head.registers, 255U));
        return true;
    case 5: // version of the PTX
    case 6: // and of the machine code
        value = architecture;
        return true;
    case 8:
        value = function.dynamicSharedLimit;
        return true;
    case 9:
        value = function.carveout;
        return true;
    case 7: // cache mode
    case 10: // clusters
    case 11:
    case 12:
    case 13:
    case 14:
    case 15:
        value = 0;
        return true;
    default:
        return false;
    }
}

Result setAttribute(const Driver& driver, FunctionState& function, int attribute, int value)
{
    const auto* card = driver.figures(function.device);
    switch (attribute) {
    case 8: {
        const int room
            = card->sharedBytesPerBlockOptin - static_cast<int>(function.head.staticSharedBytes);
        if (value < 0 || value > room)
            return protocol::InvalidValue;
        function.dynamicSharedLimit = value;
        return 0;
    }
    case 9:
        if (value < -1 || value > 100)
            return protocol::InvalidValue;
        function.carveout = value;
        return 0;
    case 14: // non-portable cluster sizes: harmless without clusters
    case 15:
        return 0;
    default:
        return protocol::InvalidValue;
    }
}

} // namespace

SLIPWAY_EXPORT Result cuFuncGetAttribute(int* value, int attribute, Handle function)
{
    DRIVER_OR_RETURN(driver)
    const auto state = driver->function(function);
    if (state == nullptr)
        return protocol::InvalidHandle;
    return value != nullptr && attributeOf(*driver, *state, attribute, *value)
        ? 0
        : Result {protocol::InvalidValue};
}
SLIPWAY_EXPORT Result cuKernelGetAttribute(int* value, int attribute, Handle kernel, int)
{
    return cuFuncGetAttribute(value, attribute, kernel);
}

SLIPWAY_EXPORT Result cuFuncSetAttribute(Handle function, int attribute, int value)
{
    DRIVER_OR_RETURN(driver)
    const auto state = driver->function(function);
    return state == nullptr ? Result {protocol::InvalidHandle}
                            : setAttribute(*driver, *state, attribute, value);
}
SLIPWAY_EXPORT Result cuKernelSetAttribute(int attribute, int value, Handle kernel, int)
{
    const auto code = cuFuncSetAttribute(kernel, attribute, value);
    DRIVER_OR_RETURN(driver)
    const std::lock_guard lock(driver->mutex);
    if (const auto found = driver->kernels.find(kernel);
        code == 0 && attribute == 8 && found != driver->kernels.end())
        found->second.dynamicSharedLimit = value;
    return code;
}

SLIPWAY_EXPORT Result cuFuncSetCacheConfig(Handle function, int)
{
    DRIVER_OR_RETURN(driver)
    return driver->function(function) == nullptr ? Result {protocol::InvalidHandle} : 0;
}
SLIPWAY_EXPORT Result cuFuncSetSharedMemConfig(Handle function, int)
{
    return cuFuncSetCacheConfig(function, 0);
}
SLIPWAY_EXPORT Result cuKernelSetCacheConfig(Handle kernel, int, int)
{
    return cuFuncSetCacheConfig(kernel, 0);
}

SLIPWAY_EXPORT Result cuFuncGetModule(Handle* module, Handle function)
{
    DRIVER_OR_RETURN(driver)
    const auto state = driver->function(function);
    if (state == nullptr || module == nullptr)
        return protocol::InvalidHandle;
    *module = state->module;
    return 0;
}

SLIPWAY_EXPORT Result cuFuncGetName(const char** name, Handle function)
{
    DRIVER_OR_RETURN(driver)
    const auto state = driver->function(function);
    if (state == nullptr || name == nullptr)
        return protocol::InvalidHandle;
    *name = state->name.c_str(); // lives as long as the module
    return 0;
}
SLIPWAY_EXPORT Result cuKernelGetName(const char** name, Handle kernel)
{
    return cuFuncGetName(name, kernel);
}

SLIPWAY_EXPORT Result cuFuncGetParamInfo(Handle function, std::size_t index, std::size_t* offset,
                                         std::size_t* size)
{
    DRIVER_OR_RETURN(driver)
    const auto state = driver->function(function);
    if (state == nullptr || offset == nullptr)
        return state == nullptr ? protocol::InvalidHandle : protocol::InvalidValue;
    if (index >= state->parameters.size())
        return protocol::InvalidValue;
    *offset = state->parameters[index].offset;
    if (size != nullptr)
        *size = state->parameters[index].size;
    return 0;
}
SLIPWAY_EXPORT Result cuKernelGetParamInfo(Handle kernel, std::size_t index, std::size_t* offset,
                                           std::size_t* size)
{
    return cuFuncGetParamInfo(kernel, index, offset, size);
}

SLIPWAY_EXPORT Result cuFuncIsLoaded(int* state, Handle)
{
    if (state == nullptr)
        return protocol::InvalidValue;
    *state = 1;
    return 0;
}
SLIPWAY_EXPORT Result cuFuncLoad(Handle)
{
    return 0;
}

SLIPWAY_EXPORT Result cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
    int* blocks, Handle function, int threads, std::size_t dynamicShared, unsigned)
{
    DRIVER_OR_RETURN(driver)
    const auto state = driver->function(function);
    if (state == nullptr)
        return protocol::InvalidHandle;
    if (blocks == nullptr || threads <= 0)
        return protocol::InvalidValue;
    *blocks = protocol::residentBlocks(*driver->figures(state->device), state->head, threads,
                                       dynamicShared);
    return 0;
}
SLIPWAY_EXPORT Result cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Handle function,
                                                                  int threads,
                                                                  std::size_t dynamicShared)
{
    return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, threads,
                                                                dynamicShared, 0);
}

/// The block size that keeps most threads resident, and the grid that then fills the card.
SLIPWAY_EXPORT Result cuOccupancyMaxPotentialBlockSizeWithFlags(int* gridSize, int* blockSize,
                                                                Handle function,
                                                                std::size_t (*sharedFor)(int),
                                                                std::size_t dynamicShared,
                                                                int limit, unsigned)
{
    DRIVER_OR_RETURN(driver)
    const auto state = driver->function(function);
    if (state == nullptr || gridSize == nullptr || blockSize == nullptr)
        return state == nullptr ? protocol::InvalidHandle : protocol::InvalidValue;
    const auto* card = driver->figures(state->device);
    int most = static_cast<int>(std::min(state->head.maxThreadsPerBlock, 1024U));
    if (limit > 0)
        most = std::min(most, limit);
    int best = 0;
    for (int threads = most / 32 * 32 == 0 ? most : most / 32 * 32; threads > 0; threads -= 32) {
        const std::size_t shared = sharedFor != nullptr ? sharedFor(threads) : dynamicShared;
        const int blocks = protocol::residentBlocks(*card, state->head, threads, shared);
        if (blocks * threads > best) {
            best = blocks * threads;
            *blockSize = threads;
            *gridSize = blocks * card->multiprocessors;
        }
    }
    return best == 0 ? Result {protocol::InvalidValue} : 0;
}
SLIPWAY_EXPORT Result cuOccupancyMaxPotentialBlockSize(int* gridSize, int* blockSize,
                                                       Handle function,
                                                       std::size_t (*sharedFor)(int),
                                                       std::size_t dynamicShared, int limit)
{
    return cuOccupancyMaxPotentialBlockSizeWithFlags(gridSize, blockSize, function, sharedFor,
                                                     dynamicShared, limit, 0);
}

SLIPWAY_EXPORT Result cuOccupancyAvailableDynamicSMemPerBlock(std::size_t* size, Handle function,
                                                              int blocks, int)
{
    DRIVER_OR_RETURN(driver)
    const auto state = driver->function(function);
    if (state == nullptr || size == nullptr || blocks <= 0)
        return state == nullptr ? protocol::InvalidHandle : protocol::InvalidValue;
    const auto* card = driver->figures(state->device);
    const int share = std::min(card->sharedBytesPerMultiprocessor / blocks
                                   - protocol::reservedSharedBytes(*card),
                               card->sharedBytesPerBlockOptin)
        - static_cast<int>(state->head.staticSharedBytes);
    *size = share > 0 ? static_cast<std::size_t>(share) / 128 * 128 : 0;
    return 0;
}
