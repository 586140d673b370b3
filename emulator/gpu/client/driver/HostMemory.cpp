// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/driver/HostMemory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace emulator::gpu::client {
namespace {

constexpr std::uint64_t pageBytes = 4096;
constexpr int attempts = 64;

std::uint64_t pages(std::uint64_t size)
{
    return (size + pageBytes - 1) / pageBytes * pageBytes;
}

void* pointer(std::uint64_t address)
{
    return reinterpret_cast<void*>(address); // NOLINT(performance-no-int-to-ptr)
}

/// The next piece of this client's window; 0 when it is used up.
std::uint64_t nextAddress(Driver& driver, std::uint64_t size)
{
    const auto& welcome = driver.connection().welcome();
    const std::lock_guard lock(driver.mutex);
    const std::uint64_t address = driver.windowNext;
    if (address + size > welcome.windowBase + welcome.windowBytes)
        return 0;
    driver.windowNext += size + pageBytes; // a hole between two: overruns fault
    return address;
}

int sealedFile(std::uint64_t size)
{
    const int file = ::memfd_create("slipway-gpu-host", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0)
        return -1;
    if (::ftruncate(file, static_cast<off_t>(size)) == 0
        && ::fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0)
        return file;
    ::close(file);
    return -1;
}

} // namespace

Result allocateHost(Driver& driver, Handle context, std::uint64_t size, unsigned flags, void*& out)
{
    if (size == 0 || size > driver.connection().welcome().windowBytes)
        return size == 0 ? protocol::InvalidValue : protocol::OutOfMemory;
    const std::uint64_t whole = pages(size);
    const int file = sealedFile(whole);
    if (file < 0)
        return protocol::OutOfMemory;
    Result code = protocol::OutOfMemory;
    for (int i = 0; i < attempts && code != 0; ++i) {
        const std::uint64_t address = nextAddress(driver, whole);
        if (address == 0)
            break;
        void* got = ::mmap(pointer(address), whole, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);
        if (got == MAP_FAILED)
            continue;
        const protocol::ShareHost message {address, whole};
        if (got == pointer(address))
            code = driver.settle(driver.connection().call(
                Kind::ShareHost, context, {{&message, sizeof message}}, nullptr, file));
        if (code != 0) {
            ::munmap(got, whole);
            if (code != protocol::OutOfMemory)
                break; // not a matter of the address
            continue;
        }
        out = got;
        const std::lock_guard lock(driver.mutex);
        driver.hostRanges[address] = {size, flags, true, context};
    }
    ::close(file);
    return code;
}

Result freeHost(Driver& driver, void* address)
{
    const auto start = reinterpret_cast<std::uint64_t>(address);
    HostRange range;
    {
        const std::lock_guard lock(driver.mutex);
        const auto found = driver.hostRanges.find(start);
        if (found == driver.hostRanges.end() || !found->second.shared)
            return protocol::InvalidValue;
        range = found->second;
        driver.hostRanges.erase(found);
    }
    const auto code = driver.tell(Kind::UnshareHost, range.context, protocol::Handle {start});
    ::munmap(address, pages(range.size));
    return code == protocol::InvalidContext ? 0 : code; // its context went first
}

bool exposeDevicePages(Driver& driver, DevicePointer address, std::uint64_t size)
{
    auto& connection = driver.connection();
    const std::uint64_t first = address / pageBytes * pageBytes;
    const std::uint64_t whole = pages(address + size - first);
    void* got = ::mmap(pointer(first), whole, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                       connection.memoryFile(),
                       static_cast<off_t>(first - connection.welcome().memoryBase));
    return got != MAP_FAILED;
}

Result allocateManaged(Driver& driver, Handle context, std::uint64_t size, DevicePointer& out)
{
    const protocol::Allocate message {size, protocol::AllocationKind::Managed, 0};
    protocol::Handle made;
    if (const auto code = driver.ask(Kind::Allocate, context, message, made); code != 0)
        return code;
    if (!exposeDevicePages(driver, made.value, size)) {
        driver.tell(Kind::Free, context, made);
        return protocol::OutOfMemory;
    }
    out = made.value;
    const std::lock_guard lock(driver.mutex);
    driver.managed[out] = size;
    return 0;
}

} // namespace emulator::gpu::client
