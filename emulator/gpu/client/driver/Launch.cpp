// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Launching kernels.

#include "emulator/gpu/client/driver/Driver.h"
#include "emulator/gpu/protocol/Occupancy.h"

#include <algorithm>
#include <cstring>

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

/// CUlaunchAttribute: an id and 64 octets of value.
struct LaunchAttribute {
    int id;
    int pad;
    union {
        int cooperative;
        struct {
            unsigned x;
            unsigned y;
            unsigned z;
        } cluster;
        char octets[64];
    } value;
};
static_assert(sizeof(LaunchAttribute) == 72);

/// CUlaunchConfig.
struct LaunchConfig {
    unsigned grid[3];
    unsigned block[3];
    unsigned sharedBytes;
    Handle stream;
    LaunchAttribute* attributes;
    unsigned attributeCount;
};
static_assert(sizeof(LaunchConfig) == 56);

namespace {

constexpr int attributeCluster = 4;
constexpr int attributeCooperative = 2;

/// CU_LAUNCH_PARAM_*
constexpr std::uintptr_t extraEnd = 0;
constexpr std::uintptr_t extraPointer = 1;
constexpr std::uintptr_t extraSize = 2;

/// The launch's own limits, so that the caller hears of them at once.
Result check(const protocol::DeviceFigures& card, const FunctionState& function,
             const protocol::Launch& launch)
{
    const auto& grid = launch.grid;
    const auto& block = launch.block;
    const std::uint64_t threads = std::uint64_t {block[0]} * block[1] * block[2];
    if (grid[0] == 0 || grid[1] == 0 || grid[2] == 0 || threads == 0 || grid[0] > 0x7fffffffU
        || grid[1] > 65535 || grid[2] > 65535 || block[0] > 1024 || block[1] > 1024 || block[2] > 64
        || threads > 1024)
        return protocol::InvalidValue;
    if (threads > function.head.maxThreadsPerBlock)
        return protocol::LaunchOutOfResources;
    const std::uint64_t shared
        = std::uint64_t {launch.dynamicSharedBytes} + function.head.staticSharedBytes;
    if (launch.dynamicSharedBytes > static_cast<unsigned>(function.dynamicSharedLimit)
        || shared > static_cast<std::uint64_t>(card.sharedBytesPerBlockOptin))
        return protocol::InvalidValue;
    if (launch.cooperative != 0) {
        const auto resident = protocol::residentBlocks(
            card, function.head, static_cast<int>(threads), launch.dynamicSharedBytes);
        if (std::uint64_t {grid[0]} * grid[1] * grid[2]
            > static_cast<std::uint64_t>(resident) * static_cast<unsigned>(card.multiprocessors))
            return protocol::CooperativeLaunchTooLarge;
    }
    return 0;
}

/// Puts the arguments where the kernel looks for them.
Result packParameters(const FunctionState& function, void** arguments, void** extra,
                      std::vector<std::byte>& out)
{
    out.assign(function.head.parameterBytes, std::byte {});
    if (arguments != nullptr) {
        for (std::size_t i = 0; i < function.parameters.size(); ++i) {
            const auto& parameter = function.parameters[i];
            if (arguments[i] == nullptr
                || std::uint64_t {parameter.offset} + parameter.size > out.size())
                return protocol::InvalidValue;
            std::memcpy(out.data() + parameter.offset, arguments[i], parameter.size);
        }
        return 0;
    }
    if (extra == nullptr)
        return function.parameters.empty() ? 0 : Result {protocol::InvalidValue};
    const void* buffer = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; reinterpret_cast<std::uintptr_t>(extra[i]) != extraEnd; i += 2) {
        const auto what = reinterpret_cast<std::uintptr_t>(extra[i]);
        if (what == extraPointer)
            buffer = extra[i + 1];
        else if (what == extraSize)
            size = *static_cast<const std::size_t*>(extra[i + 1]);
        else
            return protocol::InvalidValue;
    }
    if (buffer != nullptr)
        std::memcpy(out.data(), buffer, std::min(size, out.size()));
    return 0;
}

Result launch(Handle function, const LaunchConfig& config, void** arguments, void** extra,
              bool cooperative)
{
    TARGET_OR_RETURN(driver, config.stream, target)
    const auto state = driver->function(function);
    if (state == nullptr)
        return protocol::InvalidHandle;
    // A kernel runs in the context it was loaded into; the default stream is that context's too.
    if (target.stream == 0)
        target.context = state->context;
    else if (target.context != state->context)
        return protocol::InvalidContext;
    protocol::Launch message;
    message.stream = target.stream;
    message.function = state->head.handle;
    message.grid = {config.grid[0], config.grid[1], config.grid[2]};
    message.block = {config.block[0], config.block[1], config.block[2]};
    message.dynamicSharedBytes = config.sharedBytes;
    message.cooperative = cooperative ? 1 : 0;
    const auto context = driver->context(target.context);
    message.heapBytes = context == nullptr ? 0 : context->heapBytes;
    if (const auto code = check(*driver->figures(state->device), *state, message); code != 0)
        return code;
    std::vector<std::byte> parameters;
    if (const auto code = packParameters(*state, arguments, extra, parameters); code != 0)
        return code;
    message.parameterBytes = parameters.size();
    return driver->settle(driver->connection().post(
        Kind::Launch, target.context,
        {{&message, sizeof message}, {parameters.data(), parameters.size()}}));
}

} // namespace

SLIPWAY_EXPORT Result cuLaunchKernel(Handle function, unsigned gridX, unsigned gridY,
                                     unsigned gridZ, unsigned blockX, unsigned blockY,
                                     unsigned blockZ, unsigned sharedBytes, Handle stream,
                                     void** arguments, void** extra)
{
    const LaunchConfig config {
        {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, stream, nullptr, 0};
    return launch(function, config, arguments, extra, false);
}

SLIPWAY_EXPORT Result cuLaunchCooperativeKernel(Handle function, unsigned gridX, unsigned gridY,
                                                unsigned gridZ, unsigned blockX, unsigned blockY,
                                                unsigned blockZ, unsigned sharedBytes,
                                                Handle stream, void** arguments)
{
    const LaunchConfig config {
        {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, stream, nullptr, 0};
    return launch(function, config, arguments, nullptr, true);
}

SLIPWAY_EXPORT Result cuLaunchKernelEx(const LaunchConfig* config, Handle function,
                                       void** arguments, void** extra)
{
    if (config == nullptr)
        return protocol::InvalidValue;
    bool cooperative = false;
    for (unsigned i = 0; i < config->attributeCount; ++i) {
        const auto& attribute = config->attributes[i];
        if (attribute.id == attributeCooperative)
            cooperative = attribute.value.cooperative != 0;
        const auto& cluster = attribute.value.cluster;
        if (attribute.id == attributeCluster && (cluster.x > 1 || cluster.y > 1 || cluster.z > 1)) {
            reportUnsupported("cuLaunchKernelEx with clusters");
            return protocol::NotSupported;
        }
    }
    return launch(function, *config, arguments, extra, cooperative);
}

// The launch of CUDA 1 to 3: parameters are set one by one.
namespace {

struct OldLaunch {
    unsigned block[3] = {1, 1, 1};
    unsigned sharedBytes = 0;
    std::vector<std::byte> parameters;
};

OldLaunch& oldLaunch(Handle function)
{
    static thread_local std::map<Handle, OldLaunch> launches;
    return launches[function];
}

} // namespace

SLIPWAY_EXPORT Result cuFuncSetBlockShape(Handle function, int x, int y, int z)
{
    auto& own = oldLaunch(function);
    own.block[0] = static_cast<unsigned>(x);
    own.block[1] = static_cast<unsigned>(y);
    own.block[2] = static_cast<unsigned>(z);
    return 0;
}
SLIPWAY_EXPORT Result cuFuncSetSharedSize(Handle function, unsigned size)
{
    oldLaunch(function).sharedBytes = size;
    return 0;
}
SLIPWAY_EXPORT Result cuParamSetSize(Handle function, unsigned size)
{
    oldLaunch(function).parameters.resize(size);
    return 0;
}
SLIPWAY_EXPORT Result cuParamSetv(Handle function, int offset, void* data, unsigned size)
{
    auto& parameters = oldLaunch(function).parameters;
    if (offset < 0 || offset > 4096 || size > 4096)
        return protocol::InvalidValue;
    const auto end = static_cast<std::size_t>(offset) + size;
    if (parameters.size() < end)
        parameters.resize(end);
    std::memcpy(parameters.data() + offset, data, size);
    return 0;
}
SLIPWAY_EXPORT Result cuParamSeti(Handle function, int offset, unsigned value)
{
    return cuParamSetv(function, offset, &value, sizeof value);
}
SLIPWAY_EXPORT Result cuParamSetf(Handle function, int offset, float value)
{
    return cuParamSetv(function, offset, &value, sizeof value);
}
SLIPWAY_EXPORT Result cuLaunchGridAsync(Handle function, int width, int height, Handle stream)
{
    auto& own = oldLaunch(function);
    std::size_t size = own.parameters.size();
    void* extra[] = {reinterpret_cast<void*>(extraPointer), own.parameters.data(), // NOLINT
                     reinterpret_cast<void*>(extraSize), &size, nullptr}; // NOLINT
    const LaunchConfig config {{static_cast<unsigned>(width), static_cast<unsigned>(height), 1},
                               {own.block[0], own.block[1], own.block[2]},
                               own.sharedBytes,
                               stream,
                               nullptr,
                               0};
    return launch(function, config, nullptr, extra, false);
}
SLIPWAY_EXPORT Result cuLaunchGrid(Handle function, int width, int height)
{
    return cuLaunchGridAsync(function, width, height, 0);
}
SLIPWAY_EXPORT Result cuLaunch(Handle function)
{
    return cuLaunchGrid(function, 1, 1);
}
