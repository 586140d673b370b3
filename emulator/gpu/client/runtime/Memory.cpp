// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Allocation, copies and fills.

#include "emulator/gpu/client/runtime/Runtime.h"

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

/// CUDA_MEMCPY2D and CUDA_MEMCPY3D of the driver, as far as they are used here.
struct DriverCopy2D {
    std::size_t srcXInBytes, srcY;
    int srcMemoryType;
    const void* srcHost;
    DevicePointer srcDevice;
    Handle srcArray;
    std::size_t srcPitch;
    std::size_t dstXInBytes, dstY;
    int dstMemoryType;
    void* dstHost;
    DevicePointer dstDevice;
    Handle dstArray;
    std::size_t dstPitch;
    std::size_t widthInBytes, height;
};
static_assert(sizeof(DriverCopy2D) == 128);

struct DriverCopy3D {
    std::size_t srcXInBytes, srcY, srcZ, srcLod;
    int srcMemoryType;
    const void* srcHost;
    DevicePointer srcDevice;
    Handle srcArray;
    void* reserved0;
    std::size_t srcPitch, srcHeight;
    std::size_t dstXInBytes, dstY, dstZ, dstLod;
    int dstMemoryType;
    void* dstHost;
    DevicePointer dstDevice;
    Handle dstArray;
    void* reserved1;
    std::size_t dstPitch, dstHeight;
    std::size_t widthInBytes, height, depth;
};
static_assert(sizeof(DriverCopy3D) == 200);

/// cudaPitchedPtr, cudaPos, cudaExtent, cudaMemcpy3DParms.
struct PitchedPointer {
    void* ptr;
    std::size_t pitch, xsize, ysize;
};
struct Position {
    std::size_t x, y, z;
};
struct Extent {
    std::size_t width, height, depth;
};
struct Copy3DParameters {
    Handle srcArray;
    Position srcPos;
    PitchedPointer srcPtr;
    Handle dstArray;
    Position dstPos;
    PitchedPointer dstPtr;
    Extent extent;
    int kind;
};
static_assert(sizeof(Copy3DParameters) == 160);

/// cudaPointerAttributes.
struct PointerAttributes {
    int type;
    int device;
    void* devicePointer;
    void* hostPointer;
#if RUNTIME_MAJOR >= 13
    long reserved[8];
#endif
};

namespace {

constexpr int unified = 4;

enum CopyKind { HostToHost, HostToDevice, DeviceToHost, DeviceToDevice, Default };

Result copyAs(void* to, const void* from, std::size_t size, int kind)
{
    switch (kind) {
    case HostToHost:
    case Default:
        return cuMemcpy(number(to), number(from), size);
    case HostToDevice:
        return cuMemcpyHtoD_v2(number(to), from, size);
    case DeviceToHost:
        return cuMemcpyDtoH_v2(to, number(from), size);
    case DeviceToDevice:
        return cuMemcpyDtoD_v2(number(to), number(from), size);
    default:
        return protocol::InvalidMemcpyDirection;
    }
}

Result copyAsAsync(void* to, const void* from, std::size_t size, int kind, Handle stream)
{
    switch (kind) {
    case HostToHost:
    case Default:
        return cuMemcpyAsync(number(to), number(from), size, stream);
    case HostToDevice:
        return cuMemcpyHtoDAsync_v2(number(to), from, size, stream);
    case DeviceToHost:
        return cuMemcpyDtoHAsync_v2(to, number(from), size, stream);
    case DeviceToDevice:
        return cuMemcpyDtoDAsync_v2(number(to), number(from), size, stream);
    default:
        return protocol::InvalidMemcpyDirection;
    }
}

DriverCopy2D rows(void* to, std::size_t toPitch, const void* from, std::size_t fromPitch,
                  std::size_t width, std::size_t height)
{
    DriverCopy2D copy {};
    copy.srcMemoryType = unified;
    copy.dstMemoryType = unified;
    copy.srcDevice = number(from);
    copy.dstDevice = number(to);
    copy.srcPitch = fromPitch;
    copy.dstPitch = toPitch;
    copy.widthInBytes = width;
    copy.height = height;
    return copy;
}

Result convert(const Copy3DParameters* given, DriverCopy3D& copy)
{
    if (given == nullptr)
        return protocol::InvalidValue;
    if (given->srcArray != 0 || given->dstArray != 0) {
        reportUnsupported("cudaMemcpy3D of CUDA arrays");
        return protocol::NotSupported;
    }
    copy = {};
    copy.srcMemoryType = unified;
    copy.dstMemoryType = unified;
    copy.srcDevice = number(given->srcPtr.ptr);
    copy.dstDevice = number(given->dstPtr.ptr);
    copy.srcPitch = given->srcPtr.pitch;
    copy.dstPitch = given->dstPtr.pitch;
    copy.srcHeight = given->srcPtr.ysize;
    copy.dstHeight = given->dstPtr.ysize;
    copy.srcXInBytes = given->srcPos.x;
    copy.srcY = given->srcPos.y;
    copy.srcZ = given->srcPos.z;
    copy.dstXInBytes = given->dstPos.x;
    copy.dstY = given->dstPos.y;
    copy.dstZ = given->dstPos.z;
    copy.widthInBytes = given->extent.width;
    copy.height = given->extent.height;
    copy.depth = given->extent.depth;
    return 0;
}

/// The address of `offset` in a symbol that has `count` octets from there.
Result symbolAt(const void* symbol, std::size_t count, std::size_t offset, DevicePointer& out)
{
    if (const auto code = useDevice(); code != 0)
        return code;
    std::size_t size = 0;
    if (const auto code = registry().variable(symbol, out, size); code != 0)
        return code;
    if (offset > size || count > size - offset)
        return protocol::InvalidValue;
    out += offset;
    return 0;
}

} // namespace

SLIPWAY_EXPORT Result cudaMalloc(void** out, std::size_t size)
{
    USE_DEVICE_OR_RETURN
    if (out == nullptr)
        return note(protocol::InvalidValue);
    DevicePointer address = 0;
    if (size > 0)
        if (const auto code = cuMemAlloc_v2(&address, size); code != 0)
            return note(code);
    *out = pointer(address);
    return 0;
}

SLIPWAY_EXPORT Result cudaFree(void* address)
{
    USE_DEVICE_OR_RETURN
    return note(cuMemFree_v2(number(address)));
}

SLIPWAY_EXPORT Result cudaMallocPitch(void** out, std::size_t* pitch, std::size_t width,
                                      std::size_t height)
{
    if (pitch == nullptr)
        return note(protocol::InvalidValue);
    *pitch = (width + 511) / 512 * 512;
    return cudaMalloc(out, *pitch * height);
}

SLIPWAY_EXPORT Result cudaMalloc3D(PitchedPointer* out, Extent extent)
{
    if (out == nullptr)
        return note(protocol::InvalidValue);
    out->xsize = extent.width;
    out->ysize = extent.height;
    return cudaMallocPitch(&out->ptr, &out->pitch, extent.width, extent.height * extent.depth);
}

SLIPWAY_EXPORT Result cudaMallocManaged(void** out, std::size_t size, unsigned flags)
{
    USE_DEVICE_OR_RETURN
    DevicePointer address = 0;
    if (out == nullptr)
        return note(protocol::InvalidValue);
    const auto code = cuMemAllocManaged(&address, size, flags);
    if (code == 0)
        *out = pointer(address);
    return note(code);
}

SLIPWAY_EXPORT Result cudaHostAlloc(void** out, std::size_t size, unsigned flags)
{
    USE_DEVICE_OR_RETURN
    return note(cuMemHostAlloc(out, size, flags));
}
SLIPWAY_EXPORT Result cudaMallocHost(void** out, std::size_t size)
{
    return cudaHostAlloc(out, size, 0);
}
SLIPWAY_EXPORT Result cudaFreeHost(void* address)
{
    USE_DEVICE_OR_RETURN
    return address == nullptr ? 0 : note(cuMemFreeHost(address));
}
SLIPWAY_EXPORT Result cudaHostRegister(void* address, std::size_t size, unsigned flags)
{
    USE_DEVICE_OR_RETURN
    return note(cuMemHostRegister_v2(address, size, flags));
}
SLIPWAY_EXPORT Result cudaHostUnregister(void* address)
{
    USE_DEVICE_OR_RETURN
    return note(cuMemHostUnregister(address));
}
SLIPWAY_EXPORT Result cudaHostGetDevicePointer(void** out, void* address, unsigned flags)
{
    USE_DEVICE_OR_RETURN
    DevicePointer found = 0;
    const auto code = cuMemHostGetDevicePointer_v2(&found, address, flags);
    if (code == 0)
        *out = pointer(found);
    return note(code);
}
SLIPWAY_EXPORT Result cudaHostGetFlags(unsigned* flags, void* address)
{
    USE_DEVICE_OR_RETURN
    return note(cuMemHostGetFlags(flags, address));
}

SLIPWAY_EXPORT Result cudaMemGetInfo(std::size_t* free, std::size_t* total)
{
    USE_DEVICE_OR_RETURN
    return note(cuMemGetInfo_v2(free, total));
}

SLIPWAY_EXPORT Result cudaPointerGetAttributes(PointerAttributes* out, const void* address)
{
    USE_DEVICE_OR_RETURN
    if (out == nullptr)
        return note(protocol::InvalidValue);
    *out = {};
    int type = 0;
    if (cuPointerGetAttribute(&type, 2, number(address)) != 0) {
        out->device = -2; // cudaInvalidDeviceId
        out->hostPointer = const_cast<void*>(address);
        return 0; // unregistered memory of the host
    }
    unsigned managed = 0;
    cuPointerGetAttribute(&managed, 8, number(address));
    cuPointerGetAttribute(&out->device, 9, number(address));
    out->type = managed != 0 ? 3 : type;
    DevicePointer found = 0;
    if (cuPointerGetAttribute(&found, 3, number(address)) == 0)
        out->devicePointer = pointer(found);
    if (cuPointerGetAttribute(&found, 4, number(address)) == 0)
        out->hostPointer = pointer(found);
    return 0;
}

SLIPWAY_EXPORT Result cudaMallocAsync(void** out, std::size_t size, Handle stream)
{
    USE_DEVICE_OR_RETURN
    DevicePointer address = 0;
    const auto code = cuMemAllocAsync(&address, size, stream);
    if (code == 0)
        *out = pointer(address);
    return note(code);
}
SLIPWAY_EXPORT Result cudaMallocFromPoolAsync(void** out, std::size_t size, Handle pool,
                                              Handle stream)
{
    USE_DEVICE_OR_RETURN
    DevicePointer address = 0;
    const auto code = cuMemAllocFromPoolAsync(&address, size, pool, stream);
    if (code == 0)
        *out = pointer(address);
    return note(code);
}
SLIPWAY_EXPORT Result cudaFreeAsync(void* address, Handle stream)
{
    USE_DEVICE_OR_RETURN
    return note(cuMemFreeAsync(number(address), stream));
}
SLIPWAY_EXPORT Result cudaDeviceGetDefaultMemPool(Handle* pool, int device)
{
    USE_DEVICE_OR_RETURN
    return note(cuDeviceGetDefaultMemPool(pool, device));
}
SLIPWAY_EXPORT Result cudaDeviceGetMemPool(Handle* pool, int device)
{
    return cudaDeviceGetDefaultMemPool(pool, device);
}
SLIPWAY_EXPORT Result cudaDeviceSetMemPool(int, Handle)
{
    return 0;
}
SLIPWAY_EXPORT Result cudaMemPoolCreate(Handle* pool, const void* properties)
{
    USE_DEVICE_OR_RETURN
    return note(cuMemPoolCreate(pool, properties));
}
SLIPWAY_EXPORT Result cudaMemPoolDestroy(Handle pool)
{
    return note(cuMemPoolDestroy(pool));
}
SLIPWAY_EXPORT Result cudaMemPoolTrimTo(Handle pool, std::size_t keep)
{
    return note(cuMemPoolTrimTo(pool, keep));
}
SLIPWAY_EXPORT Result cudaMemPoolSetAttribute(Handle pool, int attribute, void* value)
{
    return note(cuMemPoolSetAttribute(pool, attribute, value));
}
SLIPWAY_EXPORT Result cudaMemPoolGetAttribute(Handle pool, int attribute, void* value)
{
    USE_DEVICE_OR_RETURN
    return note(cuMemPoolGetAttribute(pool, attribute, value));
}
SLIPWAY_EXPORT Result cudaMemPoolSetAccess(Handle, const void*, std::size_t)
{
    return 0;
}
SLIPWAY_EXPORT Result cudaMemPoolGetAccess(int* flags, Handle, void*)
{
    if (flags == nullptr)
        return note(protocol::InvalidValue);
    *flags = 3;
    return 0;
}

// Hints: there is one memory, nothing moves.
struct MemoryLocation {
    int type;
    int id;
};
#if RUNTIME_MAJOR >= 13
SLIPWAY_EXPORT Result cudaMemAdvise(const void*, std::size_t, int, MemoryLocation)
{
    return 0;
}
SLIPWAY_EXPORT Result cudaMemPrefetchAsync(const void*, std::size_t, MemoryLocation, unsigned,
                                           Handle)
{
    return 0;
}
#else
SLIPWAY_EXPORT Result cudaMemAdvise(const void*, std::size_t, int, int)
{
    return 0;
}
SLIPWAY_EXPORT Result cudaMemPrefetchAsync(const void*, std::size_t, int, Handle)
{
    return 0;
}
#endif
SLIPWAY_EXPORT Result cudaMemAdvise_v2(const void*, std::size_t, int, MemoryLocation)
{
    return 0;
}
SLIPWAY_EXPORT Result cudaMemPrefetchAsync_v2(const void*, std::size_t, MemoryLocation, unsigned,
                                              Handle)
{
    return 0;
}
SLIPWAY_EXPORT Result cudaStreamAttachMemAsync(Handle, void*, std::size_t, unsigned)
{
    return 0;
}

SLIPWAY_EXPORT Result cudaMemcpy(void* to, const void* from, std::size_t size, int kind)
{
    USE_DEVICE_OR_RETURN
    return size == 0 ? 0 : note(copyAs(to, from, size, kind));
}
SLIPWAY_EXPORT Result cudaMemcpyAsync(void* to, const void* from, std::size_t size, int kind,
                                      Handle stream)
{
    USE_DEVICE_OR_RETURN
    return size == 0 ? 0 : note(copyAsAsync(to, from, size, kind, stream));
}
SLIPWAY_EXPORT Result cudaMemcpyPeer(void* to, int, const void* from, int, std::size_t size)
{
    const Result result = cudaMemcpy(to, from, size, DeviceToDevice);
    // Later work of either device must see it, and the two share no stream that would order them.
    return result == 0 ? note(cuStreamSynchronize(0)) : result;
}
SLIPWAY_EXPORT Result cudaMemcpyPeerAsync(void* to, int, const void* from, int, std::size_t size,
                                          Handle stream)
{
    return cudaMemcpyAsync(to, from, size, DeviceToDevice, stream);
}

SLIPWAY_EXPORT Result cudaMemcpy2D(void* to, std::size_t toPitch, const void* from,
                                   std::size_t fromPitch, std::size_t width, std::size_t height,
                                   int)
{
    USE_DEVICE_OR_RETURN
    const auto copy = rows(to, toPitch, from, fromPitch, width, height);
    return note(cuMemcpy2D_v2(&copy));
}
SLIPWAY_EXPORT Result cudaMemcpy2DAsync(void* to, std::size_t toPitch, const void* from,
                                        std::size_t fromPitch, std::size_t width,
                                        std::size_t height, int, Handle stream)
{
    USE_DEVICE_OR_RETURN
    const auto copy = rows(to, toPitch, from, fromPitch, width, height);
    return note(cuMemcpy2DAsync_v2(&copy, stream));
}
SLIPWAY_EXPORT Result cudaMemcpy3D(const Copy3DParameters* given)
{
    USE_DEVICE_OR_RETURN
    DriverCopy3D copy {};
    if (const auto code = convert(given, copy); code != 0)
        return note(code);
    return note(cuMemcpy3D_v2(&copy));
}
SLIPWAY_EXPORT Result cudaMemcpy3DAsync(const Copy3DParameters* given, Handle stream)
{
    USE_DEVICE_OR_RETURN
    DriverCopy3D copy {};
    if (const auto code = convert(given, copy); code != 0)
        return note(code);
    return note(cuMemcpy3DAsync_v2(&copy, stream));
}

SLIPWAY_EXPORT Result cudaMemcpyToSymbol(const void* symbol, const void* from, std::size_t count,
                                         std::size_t offset, int kind)
{
    DevicePointer address = 0;
    if (const auto code = symbolAt(symbol, count, offset, address); code != 0)
        return note(code);
    return cudaMemcpy(pointer(address), from, count, kind);
}
SLIPWAY_EXPORT Result cudaMemcpyToSymbolAsync(const void* symbol, const void* from,
                                              std::size_t count, std::size_t offset, int kind,
                                              Handle stream)
{
    DevicePointer address = 0;
    if (const auto code = symbolAt(symbol, count, offset, address); code != 0)
        return note(code);
    return cudaMemcpyAsync(pointer(address), from, count, kind, stream);
}
SLIPWAY_EXPORT Result cudaMemcpyFromSymbol(void* to, const void* symbol, std::size_t count,
                                           std::size_t offset, int kind)
{
    DevicePointer address = 0;
    if (const auto code = symbolAt(symbol, count, offset, address); code != 0)
        return note(code);
    return cudaMemcpy(to, pointer(address), count, kind);
}
SLIPWAY_EXPORT Result cudaMemcpyFromSymbolAsync(void* to, const void* symbol, std::size_t count,
                                                std::size_t offset, int kind, Handle stream)
{
    DevicePointer address = 0;
    if (const auto code = symbolAt(symbol, count, offset, address); code != 0)
        return note(code);
    return cudaMemcpyAsync(to, pointer(address), count, kind, stream);
}
SLIPWAY_EXPORT Result cudaGetSymbolAddress(void** out, const void* symbol)
{
    DevicePointer address = 0;
    if (const auto code = symbolAt(symbol, 0, 0, address); code != 0)
        return note(code);
    *out = pointer(address);
    return 0;
}
SLIPWAY_EXPORT Result cudaGetSymbolSize(std::size_t* size, const void* symbol)
{
    USE_DEVICE_OR_RETURN
    DevicePointer address = 0;
    return note(registry().variable(symbol, address, *size));
}

SLIPWAY_EXPORT Result cudaMemset(void* to, int value, std::size_t size)
{
    USE_DEVICE_OR_RETURN
    return note(cuMemsetD8_v2(number(to), static_cast<unsigned char>(value), size));
}
SLIPWAY_EXPORT Result cudaMemsetAsync(void* to, int value, std::size_t size, Handle stream)
{
    USE_DEVICE_OR_RETURN
    return note(cuMemsetD8Async(number(to), static_cast<unsigned char>(value), size, stream));
}
SLIPWAY_EXPORT Result cudaMemset2D(void* to, std::size_t pitch, int value, std::size_t width,
                                   std::size_t height)
{
    USE_DEVICE_OR_RETURN
    return note(
        cuMemsetD2D8_v2(number(to), pitch, static_cast<unsigned char>(value), width, height));
}
SLIPWAY_EXPORT Result cudaMemset2DAsync(void* to, std::size_t pitch, int value, std::size_t width,
                                        std::size_t height, Handle stream)
{
    USE_DEVICE_OR_RETURN
    return note(cuMemsetD2D8Async(number(to), pitch, static_cast<unsigned char>(value), width,
                                  height, stream));
}
SLIPWAY_EXPORT Result cudaMemset3DAsync(PitchedPointer to, int value, Extent extent, Handle stream)
{
    USE_DEVICE_OR_RETURN
    for (std::size_t z = 0; z < extent.depth; ++z)
        if (const auto code = cuMemsetD2D8Async(number(to.ptr) + z * to.pitch * to.ysize, to.pitch,
                                                static_cast<unsigned char>(value), extent.width,
                                                extent.height, stream);
            code != 0)
            return note(code);
    return 0;
}
SLIPWAY_EXPORT Result cudaMemset3D(PitchedPointer to, int value, Extent extent)
{
    return cudaMemset3DAsync(to, value, extent, 0);
}
