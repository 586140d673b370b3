// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// cuMemcpy* and cuMemset*.

#include "emulator/gpu/client/driver/Copying.h"
#include "emulator/gpu/client/driver/Driver.h"

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

namespace {

std::uint64_t number(const void* pointer)
{
    return reinterpret_cast<std::uint64_t>(pointer);
}

/// Which sides of a copy have to be memory that the device can touch.
enum class Direction { Any, ToDevice, FromDevice, OnDevice };

Result copyFlat(std::uint64_t destination, std::uint64_t source, std::size_t size, Handle stream,
                Wait wait, Direction direction)
{
    TARGET_OR_RETURN(driver, stream, target)
    const bool toDevice = direction == Direction::ToDevice || direction == Direction::OnDevice;
    const bool fromDevice = direction == Direction::FromDevice || direction == Direction::OnDevice;
    if (size > 0
        && ((toDevice && !deviceSees(*driver, destination))
            || (fromDevice && !deviceSees(*driver, source))))
        return protocol::InvalidValue;
    BoxCopy copy;
    copy.destination = destination;
    copy.source = source;
    copy.width = size;
    return copyBox(*driver, target, copy, wait);
}

Result fill(DevicePointer address, std::size_t pitch, std::uint32_t value, unsigned elementSize,
            std::size_t width, std::size_t height, Handle stream)
{
    TARGET_OR_RETURN(driver, stream, target)
    protocol::Fill message;
    message.stream = target.stream;
    message.destination = address;
    message.pitch = pitch;
    message.width = width;
    message.height = height;
    message.value = value;
    message.elementSize = elementSize;
    return driver->tell(Kind::Fill, target.context, message);
}

} // namespace

SLIPWAY_EXPORT Result cuStreamSynchronize(Handle stream); // Stream.cpp

SLIPWAY_EXPORT Result cuMemcpy(DevicePointer to, DevicePointer from, std::size_t size)
{
    return copyFlat(to, from, size, 0, Wait::UntilDone, Direction::Any);
}
SLIPWAY_EXPORT Result cuMemcpyAsync(DevicePointer to, DevicePointer from, std::size_t size,
                                    Handle stream)
{
    return copyFlat(to, from, size, stream, Wait::No, Direction::Any);
}
SLIPWAY_EXPORT Result cuMemcpyHtoD_v2(DevicePointer to, const void* from, std::size_t size)
{
    return copyFlat(to, number(from), size, 0, Wait::UntilDone, Direction::ToDevice);
}
SLIPWAY_EXPORT Result cuMemcpyDtoH_v2(void* to, DevicePointer from, std::size_t size)
{
    return copyFlat(number(to), from, size, 0, Wait::UntilDone, Direction::FromDevice);
}
SLIPWAY_EXPORT Result cuMemcpyDtoD_v2(DevicePointer to, DevicePointer from, std::size_t size)
{
    return copyFlat(to, from, size, 0, Wait::UntilDone, Direction::OnDevice);
}
SLIPWAY_EXPORT Result cuMemcpyHtoDAsync_v2(DevicePointer to, const void* from, std::size_t size,
                                           Handle stream)
{
    return copyFlat(to, number(from), size, stream, Wait::No, Direction::ToDevice);
}
SLIPWAY_EXPORT Result cuMemcpyDtoHAsync_v2(void* to, DevicePointer from, std::size_t size,
                                           Handle stream)
{
    return copyFlat(number(to), from, size, stream, Wait::No, Direction::FromDevice);
}
SLIPWAY_EXPORT Result cuMemcpyDtoDAsync_v2(DevicePointer to, DevicePointer from, std::size_t size,
                                           Handle stream)
{
    return copyFlat(to, from, size, stream, Wait::No, Direction::OnDevice);
}
SLIPWAY_EXPORT Result cuMemcpyPeer(DevicePointer to, Handle, DevicePointer from, Handle,
                                   std::size_t size)
{
    const Result result = copyFlat(to, from, size, 0, Wait::UntilDone, Direction::OnDevice);
    // Later work of either device must see it, and the two share no stream that would order them.
    return result == 0 ? cuStreamSynchronize(0) : result;
}
SLIPWAY_EXPORT Result cuMemcpyPeerAsync(DevicePointer to, Handle, DevicePointer from, Handle,
                                        std::size_t size, Handle stream)
{
    return copyFlat(to, from, size, stream, Wait::No, Direction::OnDevice);
}

/// CUDA_MEMCPY2D.
struct Copy2D {
    std::size_t srcXInBytes;
    std::size_t srcY;
    int srcMemoryType;
    const void* srcHost;
    DevicePointer srcDevice;
    Handle srcArray;
    std::size_t srcPitch;
    std::size_t dstXInBytes;
    std::size_t dstY;
    int dstMemoryType;
    void* dstHost;
    DevicePointer dstDevice;
    Handle dstArray;
    std::size_t dstPitch;
    std::size_t widthInBytes;
    std::size_t height;
};
static_assert(sizeof(Copy2D) == 128);

/// CUDA_MEMCPY3D.
struct Copy3D {
    std::size_t srcXInBytes;
    std::size_t srcY;
    std::size_t srcZ;
    std::size_t srcLod;
    int srcMemoryType;
    const void* srcHost;
    DevicePointer srcDevice;
    Handle srcArray;
    void* reserved0;
    std::size_t srcPitch;
    std::size_t srcHeight;
    std::size_t dstXInBytes;
    std::size_t dstY;
    std::size_t dstZ;
    std::size_t dstLod;
    int dstMemoryType;
    void* dstHost;
    DevicePointer dstDevice;
    Handle dstArray;
    void* reserved1;
    std::size_t dstPitch;
    std::size_t dstHeight;
    std::size_t widthInBytes;
    std::size_t height;
    std::size_t depth;
};
static_assert(sizeof(Copy3D) == 200);

namespace {

constexpr int memoryHost = 1;
constexpr int memoryArray = 3;

Result copy2D(const Copy2D* given, Handle stream, Wait wait)
{
    TARGET_OR_RETURN(driver, stream, target)
    if (given == nullptr)
        return protocol::InvalidValue;
    if (given->srcMemoryType == memoryArray || given->dstMemoryType == memoryArray) {
        reportUnsupported("cuMemcpy2D of CUDA arrays");
        return protocol::NotSupported;
    }
    BoxCopy copy;
    copy.sourcePitch = given->srcPitch == 0 ? given->widthInBytes : given->srcPitch;
    copy.destinationPitch = given->dstPitch == 0 ? given->widthInBytes : given->dstPitch;
    copy.source = (given->srcMemoryType == memoryHost ? number(given->srcHost) : given->srcDevice)
        + given->srcY * copy.sourcePitch + given->srcXInBytes;
    copy.destination
        = (given->dstMemoryType == memoryHost ? number(given->dstHost) : given->dstDevice)
        + given->dstY * copy.destinationPitch + given->dstXInBytes;
    copy.width = given->widthInBytes;
    copy.height = given->height;
    return copyBox(*driver, target, copy, wait);
}

Result copy3D(const Copy3D* given, Handle stream, Wait wait)
{
    TARGET_OR_RETURN(driver, stream, target)
    if (given == nullptr)
        return protocol::InvalidValue;
    if (given->srcMemoryType == memoryArray || given->dstMemoryType == memoryArray) {
        reportUnsupported("cuMemcpy3D of CUDA arrays");
        return protocol::NotSupported;
    }
    BoxCopy copy;
    copy.sourcePitch = given->srcPitch == 0 ? given->widthInBytes : given->srcPitch;
    copy.destinationPitch = given->dstPitch == 0 ? given->widthInBytes : given->dstPitch;
    copy.sourceSlice
        = copy.sourcePitch * (given->srcHeight == 0 ? given->height : given->srcHeight);
    copy.destinationSlice
        = copy.destinationPitch * (given->dstHeight == 0 ? given->height : given->dstHeight);
    copy.source = (given->srcMemoryType == memoryHost ? number(given->srcHost) : given->srcDevice)
        + given->srcZ * copy.sourceSlice + given->srcY * copy.sourcePitch + given->srcXInBytes;
    copy.destination
        = (given->dstMemoryType == memoryHost ? number(given->dstHost) : given->dstDevice)
        + given->dstZ * copy.destinationSlice + given->dstY * copy.destinationPitch
        + given->dstXInBytes;
    copy.width = given->widthInBytes;
    copy.height = given->height;
    copy.depth = given->depth;
    return copyBox(*driver, target, copy, wait);
}

} // namespace

SLIPWAY_EXPORT Result cuMemcpy2D_v2(const Copy2D* copy)
{
    return copy2D(copy, 0, Wait::UntilDone);
}
SLIPWAY_EXPORT Result cuMemcpy2DUnaligned_v2(const Copy2D* copy)
{
    return copy2D(copy, 0, Wait::UntilDone);
}
SLIPWAY_EXPORT Result cuMemcpy2DAsync_v2(const Copy2D* copy, Handle stream)
{
    return copy2D(copy, stream, Wait::No);
}
SLIPWAY_EXPORT Result cuMemcpy3D_v2(const Copy3D* copy)
{
    return copy3D(copy, 0, Wait::UntilDone);
}
SLIPWAY_EXPORT Result cuMemcpy3DAsync_v2(const Copy3D* copy, Handle stream)
{
    return copy3D(copy, stream, Wait::No);
}

SLIPWAY_EXPORT Result cuMemsetD8_v2(DevicePointer to, unsigned char value, std::size_t count)
{
    return fill(to, 0, value, 1, count, 1, 0);
}
SLIPWAY_EXPORT Result cuMemsetD16_v2(DevicePointer to, unsigned short value, std::size_t count)
{
    return fill(to, 0, value, 2, count, 1, 0);
}
SLIPWAY_EXPORT Result cuMemsetD32_v2(DevicePointer to, unsigned value, std::size_t count)
{
    return fill(to, 0, value, 4, count, 1, 0);
}
SLIPWAY_EXPORT Result cuMemsetD2D8_v2(DevicePointer to, std::size_t pitch, unsigned char value,
                                      std::size_t width, std::size_t height)
{
    return fill(to, pitch, value, 1, width, height, 0);
}
SLIPWAY_EXPORT Result cuMemsetD2D16_v2(DevicePointer to, std::size_t pitch, unsigned short value,
                                       std::size_t width, std::size_t height)
{
    return fill(to, pitch, value, 2, width, height, 0);
}
SLIPWAY_EXPORT Result cuMemsetD2D32_v2(DevicePointer to, std::size_t pitch, unsigned value,
                                       std::size_t width, std::size_t height)
{
    return fill(to, pitch, value, 4, width, height, 0);
}
SLIPWAY_EXPORT Result cuMemsetD8Async(DevicePointer to, unsigned char value, std::size_t count,
                                      Handle stream)
{
    return fill(to, 0, value, 1, count, 1, stream);
}
SLIPWAY_EXPORT Result cuMemsetD16Async(DevicePointer to, unsigned short value, std::size_t count,
                                       Handle stream)
{
    return fill(to, 0, value, 2, count, 1, stream);
}
SLIPWAY_EXPORT Result cuMemsetD32Async(DevicePointer to, unsigned value, std::size_t count,
                                       Handle stream)
{
    return fill(to, 0, value, 4, count, 1, stream);
}
SLIPWAY_EXPORT Result cuMemsetD2D8Async(DevicePointer to, std::size_t pitch, unsigned char value,
                                        std::size_t width, std::size_t height, Handle stream)
{
    return fill(to, pitch, value, 1, width, height, stream);
}
SLIPWAY_EXPORT Result cuMemsetD2D16Async(DevicePointer to, std::size_t pitch, unsigned short value,
                                         std::size_t width, std::size_t height, Handle stream)
{
    return fill(to, pitch, value, 2, width, height, stream);
}
SLIPWAY_EXPORT Result cuMemsetD2D32Async(DevicePointer to, std::size_t pitch, unsigned value,
                                         std::size_t width, std::size_t height, Handle stream)
{
    return fill(to, pitch, value, 4, width, height, stream);
}
