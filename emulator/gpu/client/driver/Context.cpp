// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Contexts: primary and own ones, the stack of each thread, limits.

#include "emulator/gpu/client/driver/Driver.h"

#include <algorithm>
#include <utility>

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

namespace {

Result createContext(Driver& driver, int device, unsigned flags, bool primary, Handle& out)
{
    if (driver.figures(device) == nullptr)
        return protocol::InvalidDevice;
    protocol::Handle made;
    const protocol::Ordinal ordinal {static_cast<std::uint64_t>(driver.ordinal(device))};
    if (const auto code = driver.ask(Kind::CreateContext, 0, ordinal, made); code != 0)
        return code;
    auto state = std::make_shared<ContextState>();
    state->handle = made.value;
    state->device = device;
    state->primary = primary;
    state->flags = flags;
    const std::lock_guard lock(driver.mutex);
    driver.contexts[made.value] = std::move(state);
    out = made.value;
    return 0;
}

/// Forgets what belongs to a context, then ends it.
Result destroyContext(Driver& driver, Handle context)
{
    {
        const std::lock_guard lock(driver.mutex);
        if (driver.contexts.erase(context) == 0)
            return protocol::InvalidContext;
        std::erase_if(driver.streams, [&](auto& entry) { return entry.second.context == context; });
        std::erase_if(driver.events, [&](auto& entry) { return entry.second.context == context; });
        std::erase_if(driver.modules, [&](auto& entry) { return entry.second.context == context; });
        std::erase_if(driver.functions,
                      [&](auto& entry) { return entry.second->context == context; });
        for (auto& [handle, library] : driver.libraries)
            library.modules.erase(context);
    }
    std::erase(threadState().stack, context);
    threadState().perThreadStreams.erase(context);
    return driver.settle(driver.connection().call(Kind::DestroyContext, context, {}));
}

} // namespace

SLIPWAY_EXPORT Result cuDevicePrimaryCtxRetain(Handle* context, int device)
{
    DRIVER_OR_RETURN(driver)
    if (context == nullptr || driver->figures(device) == nullptr)
        return context == nullptr ? protocol::InvalidValue : protocol::InvalidDevice;
    const auto index = static_cast<std::size_t>(device);
    static std::mutex once; // two threads must not make two primary contexts
    const std::lock_guard lock(once);
    if (driver->primaries[index] == 0)
        if (const auto code = createContext(*driver, device, 0, true, driver->primaries[index]);
            code != 0)
            return code;
    ++driver->primaryCounts[index];
    *context = driver->primaries[index];
    return 0;
}

SLIPWAY_EXPORT Result cuDevicePrimaryCtxReset_v2(int device)
{
    DRIVER_OR_RETURN(driver)
    if (driver->figures(device) == nullptr)
        return protocol::InvalidDevice;
    auto& primary = driver->primaries[static_cast<std::size_t>(device)];
    if (primary == 0)
        return 0;
    driver->primaryCounts[static_cast<std::size_t>(device)] = 0;
    return destroyContext(*driver, std::exchange(primary, 0));
}

SLIPWAY_EXPORT Result cuDevicePrimaryCtxRelease_v2(int device)
{
    DRIVER_OR_RETURN(driver)
    if (driver->figures(device) == nullptr)
        return protocol::InvalidDevice;
    int& count = driver->primaryCounts[static_cast<std::size_t>(device)];
    if (count == 0)
        return protocol::InvalidContext;
    return --count == 0 ? cuDevicePrimaryCtxReset_v2(device) : 0;
}

SLIPWAY_EXPORT Result cuDevicePrimaryCtxReset(int device)
{
    return cuDevicePrimaryCtxReset_v2(device);
}
SLIPWAY_EXPORT Result cuDevicePrimaryCtxRelease(int device)
{
    return cuDevicePrimaryCtxRelease_v2(device);
}

SLIPWAY_EXPORT Result cuDevicePrimaryCtxSetFlags_v2(int device, unsigned)
{
    DRIVER_OR_RETURN(driver)
    return driver->figures(device) == nullptr ? Result {protocol::InvalidDevice} : 0;
}
SLIPWAY_EXPORT Result cuDevicePrimaryCtxSetFlags(int device, unsigned flags)
{
    return cuDevicePrimaryCtxSetFlags_v2(device, flags);
}

SLIPWAY_EXPORT Result cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active)
{
    DRIVER_OR_RETURN(driver)
    if (driver->figures(device) == nullptr)
        return protocol::InvalidDevice;
    if (flags != nullptr)
        *flags = 0;
    if (active != nullptr)
        *active = driver->primaries[static_cast<std::size_t>(device)] != 0 ? 1 : 0;
    return 0;
}

SLIPWAY_EXPORT Result cuCtxCreate_v2(Handle* context, unsigned flags, int device)
{
    DRIVER_OR_RETURN(driver)
    if (context == nullptr)
        return protocol::InvalidValue;
    if (const auto code = createContext(*driver, device, flags, false, *context); code != 0)
        return code;
    threadState().stack.push_back(*context);
    return 0;
}
SLIPWAY_EXPORT Result cuCtxCreate(Handle* context, unsigned flags, int device)
{
    return cuCtxCreate_v2(context, flags, device);
}
SLIPWAY_EXPORT Result cuCtxCreate_v3(Handle* context, void*, int affinities, unsigned flags,
                                     int device)
{
    return affinities > 0 ? Result {protocol::NotSupported}
                          : cuCtxCreate_v2(context, flags, device);
}
SLIPWAY_EXPORT Result cuCtxCreate_v4(Handle* context, void*, unsigned flags, int device)
{
    return cuCtxCreate_v2(context, flags, device);
}

SLIPWAY_EXPORT Result cuCtxDestroy_v2(Handle context)
{
    DRIVER_OR_RETURN(driver)
    const auto state = driver->context(context);
    if (state == nullptr || state->primary)
        return protocol::InvalidContext;
    return destroyContext(*driver, context);
}
SLIPWAY_EXPORT Result cuCtxDestroy(Handle context)
{
    return cuCtxDestroy_v2(context);
}
SLIPWAY_EXPORT Result cuCtxDetach(Handle context)
{
    return cuCtxDestroy_v2(context);
}

SLIPWAY_EXPORT Result cuCtxPushCurrent_v2(Handle context)
{
    DRIVER_OR_RETURN(driver)
    if (driver->context(context) == nullptr)
        return protocol::InvalidContext;
    threadState().stack.push_back(context);
    return 0;
}
SLIPWAY_EXPORT Result cuCtxPushCurrent(Handle context)
{
    return cuCtxPushCurrent_v2(context);
}

SLIPWAY_EXPORT Result cuCtxPopCurrent_v2(Handle* context)
{
    CONTEXT_OR_RETURN(driver, current)
    if (context != nullptr)
        *context = current->handle;
    threadState().stack.pop_back();
    return 0;
}
SLIPWAY_EXPORT Result cuCtxPopCurrent(Handle* context)
{
    return cuCtxPopCurrent_v2(context);
}

SLIPWAY_EXPORT Result cuCtxSetCurrent(Handle context)
{
    DRIVER_OR_RETURN(driver)
    auto& stack = threadState().stack;
    if (context == 0) {
        if (!stack.empty())
            stack.pop_back();
        return 0;
    }
    if (driver->context(context) == nullptr)
        return protocol::InvalidContext;
    if (stack.empty())
        stack.push_back(context);
    else
        stack.back() = context;
    return 0;
}

SLIPWAY_EXPORT Result cuCtxGetCurrent(Handle* context)
{
    DRIVER_OR_RETURN(driver)
    if (context == nullptr)
        return protocol::InvalidValue;
    const auto current = driver->currentContext();
    *context = current == nullptr ? 0 : current->handle;
    return 0;
}

SLIPWAY_EXPORT Result cuCtxGetDevice(int* device)
{
    CONTEXT_OR_RETURN(driver, current)
    if (device == nullptr)
        return protocol::InvalidValue;
    *device = current->device;
    return 0;
}

SLIPWAY_EXPORT Result cuCtxGetDevice_v2(int* device, Handle context)
{
    DRIVER_OR_RETURN(driver)
    const auto state = context == 0 ? driver->currentContext() : driver->context(context);
    if (state == nullptr || device == nullptr)
        return state == nullptr ? protocol::InvalidContext : protocol::InvalidValue;
    *device = state->device;
    return 0;
}

SLIPWAY_EXPORT Result cuCtxGetId(Handle context, unsigned long long* id)
{
    DRIVER_OR_RETURN(driver)
    const auto state = context == 0 ? driver->currentContext() : driver->context(context);
    if (state == nullptr || id == nullptr)
        return state == nullptr ? protocol::InvalidContext : protocol::InvalidValue;
    *id = state->handle;
    return 0;
}

SLIPWAY_EXPORT Result cuCtxGetFlags(unsigned* flags)
{
    CONTEXT_OR_RETURN(driver, current)
    if (flags == nullptr)
        return protocol::InvalidValue;
    *flags = current->flags;
    return 0;
}

SLIPWAY_EXPORT Result cuCtxSetFlags(unsigned flags)
{
    CONTEXT_OR_RETURN(driver, current)
    current->flags = flags;
    return 0;
}

SLIPWAY_EXPORT Result cuCtxSynchronize()
{
    CONTEXT_OR_RETURN(driver, current)
    return driver->settle(driver->connection().call(Kind::SynchronizeContext, current->handle, {}));
}

SLIPWAY_EXPORT Result cuCtxSynchronize_v2(Handle context)
{
    DRIVER_OR_RETURN(driver)
    if (context == 0)
        return cuCtxSynchronize();
    if (driver->context(context) == nullptr)
        return protocol::InvalidContext;
    return driver->settle(driver->connection().call(Kind::SynchronizeContext, context, {}));
}

SLIPWAY_EXPORT Result cuCtxGetApiVersion(Handle, unsigned* version)
{
    DRIVER_OR_RETURN(driver)
    if (version == nullptr)
        return protocol::InvalidValue;
    *version = 3020;
    return 0;
}

SLIPWAY_EXPORT Result cuCtxSetLimit(int limit, std::size_t value)
{
    CONTEXT_OR_RETURN(driver, current)
    if (limit < 0 || limit >= static_cast<int>(current->limits.size()))
        return protocol::UnsupportedLimit;
    current->limits[static_cast<std::size_t>(limit)] = value;
    if (limit == 2) // CU_LIMIT_MALLOC_HEAP_SIZE
        current->heapBytes = value;
    return 0;
}

SLIPWAY_EXPORT Result cuCtxGetLimit(std::size_t* value, int limit)
{
    CONTEXT_OR_RETURN(driver, current)
    if (value == nullptr)
        return protocol::InvalidValue;
    if (limit < 0 || limit >= static_cast<int>(current->limits.size()))
        return protocol::UnsupportedLimit;
    *value = current->limits[static_cast<std::size_t>(limit)];
    return 0;
}

SLIPWAY_EXPORT Result cuCtxGetCacheConfig(int* config)
{
    CONTEXT_OR_RETURN(driver, current)
    if (config == nullptr)
        return protocol::InvalidValue;
    *config = current->cacheConfig;
    return 0;
}

SLIPWAY_EXPORT Result cuCtxSetCacheConfig(int config)
{
    CONTEXT_OR_RETURN(driver, current)
    current->cacheConfig = config;
    return 0;
}

SLIPWAY_EXPORT Result cuCtxGetSharedMemConfig(int* config)
{
    CONTEXT_OR_RETURN(driver, current)
    if (config == nullptr)
        return protocol::InvalidValue;
    *config = 1; // four-octet banks, the only ones since compute capability 5
    return 0;
}

SLIPWAY_EXPORT Result cuCtxSetSharedMemConfig(int)
{
    CONTEXT_OR_RETURN(driver, current)
    return 0;
}

SLIPWAY_EXPORT Result cuCtxResetPersistingL2Cache()
{
    CONTEXT_OR_RETURN(driver, current)
    return 0;
}

SLIPWAY_EXPORT Result cuCtxGetStreamPriorityRange(int* least, int* greatest)
{
    CONTEXT_OR_RETURN(driver, current)
    if (least != nullptr)
        *least = 0;
    if (greatest != nullptr)
        *greatest = -5;
    return 0;
}

// Peers: the cards of a task share one address range, so access is always there; these only keep
// the books that programs check.
SLIPWAY_EXPORT Result cuCtxEnablePeerAccess(Handle peer, unsigned flags)
{
    CONTEXT_OR_RETURN(driver, current)
    const auto other = driver->context(peer);
    if (flags != 0)
        return protocol::InvalidValue;
    if (other == nullptr)
        return protocol::InvalidContext;
    if (other->device == current->device)
        return protocol::InvalidDevice;
    const std::lock_guard lock(driver->mutex);
    return driver->peers.insert({current->handle, peer}).second
        ? Result {protocol::Success}
        : Result {protocol::PeerAccessAlreadyEnabled};
}

SLIPWAY_EXPORT Result cuCtxDisablePeerAccess(Handle peer)
{
    CONTEXT_OR_RETURN(driver, current)
    const std::lock_guard lock(driver->mutex);
    return driver->peers.erase({current->handle, peer}) == 1
        ? Result {protocol::Success}
        : Result {protocol::PeerAccessNotEnabled};
}
