// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Allocation, pinned and managed memory, pools, what a pointer is.

#include "emulator/gpu/client/driver/Driver.h"
#include "emulator/gpu/client/driver/HostMemory.h"

#include <sys/mman.h>

#include <cstring>

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

SLIPWAY_EXPORT Result cuMemGetInfo_v2(std::size_t* free, std::size_t* total)
{
    CONTEXT_OR_RETURN(driver, context)
    protocol::Usage usage;
    const protocol::Ordinal ordinal {static_cast<std::uint64_t>(driver->ordinal(context->device))};
    if (const auto code = driver->ask(Kind::QueryUsage, 0, ordinal, usage); code != 0)
        return code;
    if (free != nullptr)
        *free = usage.memoryTotal - usage.memoryUsed;
    if (total != nullptr)
        *total = usage.memoryTotal;
    return 0;
}

SLIPWAY_EXPORT Result cuMemAlloc_v2(DevicePointer* address, std::size_t size)
{
    CONTEXT_OR_RETURN(driver, context)
    if (address == nullptr || size == 0)
        return protocol::InvalidValue;
    const protocol::Allocate message {size, protocol::AllocationKind::Device, 0};
    protocol::Handle made;
    const auto code = driver->ask(Kind::Allocate, context->handle, message, made);
    if (code == 0)
        *address = made.value;
    return code;
}

SLIPWAY_EXPORT Result cuMemAllocPitch_v2(DevicePointer* address, std::size_t* pitch,
                                         std::size_t width, std::size_t height, unsigned element)
{
    if (pitch == nullptr || width == 0 || height == 0
        || (element != 4 && element != 8 && element != 16))
        return protocol::InvalidValue;
    *pitch = (width + 511) / 512 * 512;
    return cuMemAlloc_v2(address, *pitch * height);
}

SLIPWAY_EXPORT Result cuMemFree_v2(DevicePointer address)
{
    CONTEXT_OR_RETURN(driver, context)
    if (address == 0)
        return 0;
    {
        const std::lock_guard lock(driver->mutex);
        if (const auto found = driver->managed.find(address); found != driver->managed.end()) {
            // Back to "a fault when the host touches it".
            ::mmap(reinterpret_cast<void*>(address), // NOLINT(performance-no-int-to-ptr)
                   (found->second + 4095) / 4096 * 4096, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
            driver->managed.erase(found);
        }
    }
    return driver->tell(Kind::Free, context->handle, protocol::Handle {address});
}

SLIPWAY_EXPORT Result cuMemGetAddressRange_v2(DevicePointer* base, std::size_t* size,
                                              DevicePointer address)
{
    CONTEXT_OR_RETURN(driver, context)
    protocol::AllocationInfo info;
    const auto code
        = driver->ask(Kind::FindAllocation, context->handle, protocol::Handle {address}, info);
    if (code != 0)
        return code == protocol::InvalidValue ? Result {protocol::NotFound} : code;
    if (base != nullptr)
        *base = info.address;
    if (size != nullptr)
        *size = info.size;
    return 0;
}

SLIPWAY_EXPORT Result cuMemAllocManaged(DevicePointer* address, std::size_t size, unsigned flags)
{
    CONTEXT_OR_RETURN(driver, context)
    if (address == nullptr || size == 0 || (flags != 1 && flags != 2))
        return protocol::InvalidValue;
    return allocateManaged(*driver, context->handle, size, *address);
}

SLIPWAY_EXPORT Result cuMemHostAlloc(void** pointer, std::size_t size, unsigned flags)
{
    CONTEXT_OR_RETURN(driver, context)
    if (pointer == nullptr)
        return protocol::InvalidValue;
    return allocateHost(*driver, context->handle, size, flags, *pointer);
}
SLIPWAY_EXPORT Result cuMemAllocHost_v2(void** pointer, std::size_t size)
{
    return cuMemHostAlloc(pointer, size, 0);
}
SLIPWAY_EXPORT Result cuMemAllocHost(void** pointer, std::size_t size)
{
    return cuMemHostAlloc(pointer, size, 0);
}

SLIPWAY_EXPORT Result cuMemFreeHost(void* pointer)
{
    DRIVER_OR_RETURN(driver)
    return freeHost(*driver, pointer);
}

// Registering pins pages, which gives a card faster copies. Here it is only remembered: copies
// work, kernels cannot use the memory (cuMemHostGetDevicePointer says so).
SLIPWAY_EXPORT Result cuMemHostRegister_v2(void* pointer, std::size_t size, unsigned flags)
{
    CONTEXT_OR_RETURN(driver, context)
    const auto address = reinterpret_cast<std::uint64_t>(pointer);
    if (pointer == nullptr || size == 0)
        return protocol::InvalidValue;
    std::uint64_t start = 0;
    HostRange range;
    if (driver->hostRange(address, start, range))
        return protocol::HostMemoryAlreadyRegistered;
    const std::lock_guard lock(driver->mutex);
    driver->hostRanges[address] = {size, flags, false, context->handle};
    return 0;
}
SLIPWAY_EXPORT Result cuMemHostRegister(void* pointer, std::size_t size, unsigned flags)
{
    return cuMemHostRegister_v2(pointer, size, flags);
}

SLIPWAY_EXPORT Result cuMemHostUnregister(void* pointer)
{
    DRIVER_OR_RETURN(driver)
    const std::lock_guard lock(driver->mutex);
    const auto found = driver->hostRanges.find(reinterpret_cast<std::uint64_t>(pointer));
    if (found == driver->hostRanges.end() || found->second.shared)
        return protocol::HostMemoryNotRegistered;
    driver->hostRanges.erase(found);
    return 0;
}

SLIPWAY_EXPORT Result cuMemHostGetDevicePointer_v2(DevicePointer* address, void* pointer, unsigned)
{
    DRIVER_OR_RETURN(driver)
    std::uint64_t start = 0;
    HostRange range;
    if (address == nullptr
        || !driver->hostRange(reinterpret_cast<std::uint64_t>(pointer), start, range))
        return protocol::InvalidValue;
    if (!range.shared) {
        report("kernels of the emulated device cannot use registered memory; allocate it with "
               "cudaHostAlloc or cudaMallocManaged");
        return protocol::NotSupported;
    }
    *address = reinterpret_cast<std::uint64_t>(pointer);
    return 0;
}

SLIPWAY_EXPORT Result cuMemHostGetFlags(unsigned* flags, void* pointer)
{
    DRIVER_OR_RETURN(driver)
    std::uint64_t start = 0;
    HostRange range;
    if (flags == nullptr
        || !driver->hostRange(reinterpret_cast<std::uint64_t>(pointer), start, range))
        return protocol::InvalidValue;
    *flags = range.flags | 2U; // mapped
    return 0;
}

namespace {

/// Answers one CUpointer_attribute into `data`; `info` is null for host memory.
Result pointerAttribute(Driver& driver, void* data, int attribute, DevicePointer address,
                        const protocol::AllocationInfo* info, const HostRange* host,
                        std::uint64_t hostStart)
{
    const auto give = [data](auto value) {
        std::memcpy(data, &value, sizeof value);
        return Result {protocol::Success};
    };
    const bool managed = info != nullptr && info->kind == protocol::AllocationKind::Managed;
    switch (attribute) {
    case 1: // context
        return give(info != nullptr ? info->context : host->context);
    case 2: // memory type: host 1, device 2
        return give(host != nullptr ? 1 : 2);
    case 3: // device pointer
        return host != nullptr && !host->shared ? Result {protocol::InvalidValue} : give(address);
    case 4: // host pointer
        return host != nullptr || managed ? give(address) : Result {protocol::InvalidValue};
    case 6: // synchronous memory operations
        return give(0);
    case 7: // buffer id
        return give(info != nullptr ? info->serial : hostStart);
    case 8: // managed
        return give(managed ? 1U : 0U);
    case 9: // device ordinal
        for (int i = 0; info != nullptr && i < driver.deviceCount(); ++i)
            if (driver.ordinal(i) == static_cast<int>(info->device))
                return give(i);
        return give(0);
    case 11: // range
        return give(info != nullptr ? info->address : hostStart);
    case 12:
        return give(info != nullptr ? std::size_t {info->size} : std::size_t {host->size});
    case 13: // mapped
        return give(1U);
    case 10: // CUDA IPC
    case 14:
    case 15:
    case 21:
        return give(0);
    case 16: // access: read and write
        return give(3);
    case 17: // pool
        return give(std::uint64_t {0});
    default:
        return protocol::NotSupported;
    }
}

Result pointerAttributes(Driver& driver, DevicePointer address, unsigned count, const int* names,
                         void** data, bool unknownIsError)
{
    std::uint64_t hostStart = 0;
    HostRange host;
    protocol::AllocationInfo info;
    const bool isHost = driver.hostRange(address, hostStart, host);
    bool known = isHost;
    if (!isHost && driver.connection().isDevice(address)) {
        known = driver.ask(Kind::FindAllocation, 0, protocol::Handle {address}, info) == 0;
        if (!known) { // a variable of a module
            known = true;
            info.address = address;
            const auto current = driver.currentContext();
            info.context = current == nullptr ? 0 : current->handle;
        }
    }
    if (!known && unknownIsError)
        return protocol::InvalidValue;
    for (unsigned i = 0; i < count; ++i) {
        if (!known) {
            std::uint64_t none = 0;
            std::memcpy(data[i], &none, names[i] == 2 || names[i] >= 8 ? 4 : 8);
            continue;
        }
        const auto code
            = pointerAttribute(driver, data[i], names[i], address, isHost ? nullptr : &info,
                               isHost ? &host : nullptr, hostStart);
        if (code != 0 && unknownIsError)
            return code;
    }
    return 0;
}

} // namespace

SLIPWAY_EXPORT Result cuPointerGetAttribute(void* data, int attribute, DevicePointer address)
{
    DRIVER_OR_RETURN(driver)
    if (data == nullptr)
        return protocol::InvalidValue;
    return pointerAttributes(*driver, address, 1, &attribute, &data, true);
}

SLIPWAY_EXPORT Result cuPointerGetAttributes(unsigned count, int* names, void** data,
                                             DevicePointer address)
{
    DRIVER_OR_RETURN(driver)
    if (names == nullptr || data == nullptr)
        return protocol::InvalidValue;
    return pointerAttributes(*driver, address, count, names, data, false);
}

SLIPWAY_EXPORT Result cuPointerSetAttribute(const void*, int, DevicePointer)
{
    return 0;
}

// Hints about managed memory: there is one memory, so there is nothing to move.
SLIPWAY_EXPORT Result cuMemAdvise(DevicePointer, std::size_t, int, int)
{
    return 0;
}
SLIPWAY_EXPORT Result cuMemPrefetchAsync(DevicePointer, std::size_t, int, Handle)
{
    return 0;
}

struct MemoryLocation {
    int type;
    int id;
};
SLIPWAY_EXPORT Result cuMemAdvise_v2(DevicePointer, std::size_t, int, MemoryLocation)
{
    return 0;
}
SLIPWAY_EXPORT Result cuMemPrefetchAsync_v2(DevicePointer, std::size_t, MemoryLocation, unsigned,
                                            Handle)
{
    return 0;
}
SLIPWAY_EXPORT Result cuStreamAttachMemAsync(Handle, DevicePointer, std::size_t, unsigned)
{
    return 0;
}

// Stream-ordered allocation. Memory is there at once; it is given back when the stream gets there.
SLIPWAY_EXPORT Result cuMemAllocAsync(DevicePointer* address, std::size_t size, Handle stream)
{
    TARGET_OR_RETURN(driver, stream, target)
    if (address == nullptr || size == 0)
        return protocol::InvalidValue;
    protocol::Handle made;
    const protocol::Allocate message {size, protocol::AllocationKind::Device, 0};
    const auto code = driver->ask(Kind::Allocate, target.context, message, made);
    if (code == 0)
        *address = made.value;
    return code;
}

SLIPWAY_EXPORT Result cuMemFreeAsync(DevicePointer address, Handle stream)
{
    TARGET_OR_RETURN(driver, stream, target)
    return driver->tell(Kind::FreeOnStream, target.context,
                        protocol::OnStream {target.stream, address});
}

namespace {

/// Pools are names only: each allocation comes from the device. A handle is 1 + device, or above.
constexpr Handle poolBase = Driver::ownHandleBit << 1U;

std::uint64_t& poolThreshold(Handle)
{
    static std::uint64_t threshold = 0;
    return threshold;
}

} // namespace

SLIPWAY_EXPORT Result cuDeviceGetDefaultMemPool(Handle* pool, int device)
{
    DRIVER_OR_RETURN(driver)
    if (driver->figures(device) == nullptr || pool == nullptr)
        return protocol::InvalidDevice;
    *pool = poolBase + static_cast<Handle>(device);
    return 0;
}
SLIPWAY_EXPORT Result cuDeviceGetMemPool(Handle* pool, int device)
{
    return cuDeviceGetDefaultMemPool(pool, device);
}
SLIPWAY_EXPORT Result cuDeviceSetMemPool(int, Handle)
{
    return 0;
}
SLIPWAY_EXPORT Result cuMemPoolCreate(Handle* pool, const void*)
{
    DRIVER_OR_RETURN(driver)
    if (pool == nullptr)
        return protocol::InvalidValue;
    const std::lock_guard lock(driver->mutex);
    *pool = poolBase + 256 + ++driver->lastOwnHandle;
    return 0;
}
SLIPWAY_EXPORT Result cuMemPoolDestroy(Handle pool)
{
    return pool >= poolBase ? 0 : Result {protocol::InvalidValue};
}
SLIPWAY_EXPORT Result cuMemPoolTrimTo(Handle, std::size_t)
{
    return 0;
}
SLIPWAY_EXPORT Result cuMemPoolSetAccess(Handle, const void*, std::size_t)
{
    return 0;
}
SLIPWAY_EXPORT Result cuMemPoolGetAccess(int* flags, Handle, void*)
{
    if (flags == nullptr)
        return protocol::InvalidValue;
    *flags = 3;
    return 0;
}
SLIPWAY_EXPORT Result cuMemPoolSetAttribute(Handle pool, int attribute, void* value)
{
    if (value == nullptr)
        return protocol::InvalidValue;
    if (attribute == 4) // release threshold
        std::memcpy(&poolThreshold(pool), value, sizeof(std::uint64_t));
    return 0;
}
SLIPWAY_EXPORT Result cuMemPoolGetAttribute(Handle pool, int attribute, void* value)
{
    DRIVER_OR_RETURN(driver)
    if (value == nullptr || attribute < 1 || attribute > 8)
        return protocol::InvalidValue;
    if (attribute <= 3) { // reuse policies, on
        const int on = 1;
        std::memcpy(value, &on, sizeof on);
        return 0;
    }
    std::uint64_t figure = poolThreshold(pool);
    if (attribute > 4) {
        protocol::Usage usage;
        if (const auto code = driver->ask(Kind::QueryUsage, 0, protocol::Ordinal {0}, usage);
            code != 0)
            return code;
        figure = usage.memoryUsed;
    }
    std::memcpy(value, &figure, sizeof figure);
    return 0;
}
SLIPWAY_EXPORT Result cuMemAllocFromPoolAsync(DevicePointer* address, std::size_t size, Handle pool,
                                              Handle stream)
{
    return pool < poolBase ? Result {protocol::InvalidValue}
                           : cuMemAllocAsync(address, size, stream);
}
