// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/driver/Copying.h"

#include <cstring>

namespace emulator::gpu::client {
namespace {

constexpr std::uint64_t inlineLimit = 1U << 16U; ///< as the real driver: up to 64 KiB do not wait

enum class Place { Device, Shared, Pageable };

Place placeOf(Driver& driver, std::uint64_t address)
{
    if (driver.connection().isDevice(address))
        return Place::Device;
    std::uint64_t start = 0;
    HostRange range;
    return driver.hostRange(address, start, range) && range.shared ? Place::Shared
                                                                   : Place::Pageable;
}

std::uint64_t extent(const BoxCopy& copy, std::uint64_t pitch, std::uint64_t slice)
{
    return (copy.depth - 1) * slice + (copy.height - 1) * pitch + copy.width;
}

std::byte* touchable(Driver& driver, std::uint64_t address, Place place)
{
    if (place == Place::Device)
        return driver.connection().view(address);
    return reinterpret_cast<std::byte*>(address); // NOLINT(performance-no-int-to-ptr)
}

/// Waits for the stream, lets gpud check the ranges on the device, and copies in this thread.
Result copyHere(Driver& driver, const Target& target, const BoxCopy& copy, Place to, Place from)
{
    protocol::Drain drain;
    drain.stream = target.stream;
    if (to == Place::Device)
        drain.first
            = {copy.destination, extent(copy, copy.destinationPitch, copy.destinationSlice)};
    if (from == Place::Device)
        drain.second = {copy.source, extent(copy, copy.sourcePitch, copy.sourceSlice)};
    if (const auto code = driver.tell(Kind::Drain, target.context, drain); code != 0)
        return code;
    std::byte* destination = touchable(driver, copy.destination, to);
    const std::byte* source = touchable(driver, copy.source, from);
    for (std::uint64_t z = 0; z < copy.depth; ++z)
        for (std::uint64_t y = 0; y < copy.height; ++y)
            std::memmove(destination + z * copy.destinationSlice + y * copy.destinationPitch,
                         source + z * copy.sourceSlice + y * copy.sourcePitch, copy.width);
    return 0;
}

Result copyThere(Driver& driver, const Target& target, const BoxCopy& copy)
{
    protocol::Copy message;
    message.stream = target.stream;
    message.destination = copy.destination;
    message.source = copy.source;
    message.width = copy.width;
    message.height = copy.height;
    message.depth = copy.depth;
    message.destinationPitch = copy.destinationPitch;
    message.sourcePitch = copy.sourcePitch;
    message.destinationSlice = copy.destinationSlice;
    message.sourceSlice = copy.sourceSlice;
    return driver.tell(Kind::Copy, target.context, message);
}

} // namespace

bool deviceSees(Driver& driver, std::uint64_t address)
{
    return placeOf(driver, address) != Place::Pageable;
}

Result copyBox(Driver& driver, const Target& target, const BoxCopy& copy, Wait wait)
{
    if (copy.width == 0 || copy.height == 0 || copy.depth == 0)
        return 0;
    if ((copy.height > 1 && (copy.destinationPitch < copy.width || copy.sourcePitch < copy.width))
        || copy.destination == 0 || copy.source == 0)
        return protocol::InvalidValue;
    const Place to = placeOf(driver, copy.destination);
    const Place from = placeOf(driver, copy.source);
    const bool plain = copy.height == 1 && copy.depth == 1;
    if (wait == Wait::No && plain && from == Place::Pageable && to == Place::Device
        && copy.width <= inlineLimit) {
        const protocol::CopyInline message {target.stream, copy.destination, copy.width};
        return driver.settle(driver.connection().call(
            Kind::CopyInline, target.context,
            {{&message, sizeof message},
             {reinterpret_cast<const void*>(copy.source), // NOLINT(performance-no-int-to-ptr)
              copy.width}}));
    }
    const bool serverSees = to != Place::Pageable && from != Place::Pageable;
    if (serverSees && (wait == Wait::No || (to == Place::Device && from == Place::Device)))
        return copyThere(driver, target, copy);
    return copyHere(driver, target, copy, to, from);
}

} // namespace emulator::gpu::client
