// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/device/Memory.h"

#include "emulator/base/Files.h"
#include "emulator/gpu/device/Windows.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string>

namespace emulator::gpu::device {
namespace {

constexpr std::uint64_t pageSize = 4096;

/// Client processes keep the same range free. Here is neither a program, a library, a stack nor
/// AddressSanitizer's shadow; the kernel of the host takes another place when it is occupied.
constexpr std::uint64_t preferredBase = std::uint64_t {1} << 46U;

std::uint64_t alignUp(std::uint64_t value, std::uint64_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

void* pointerTo(std::uint64_t address)
{
    return reinterpret_cast<void*>(address); // NOLINT(performance-no-int-to-ptr)
}

std::string hex(std::uint64_t value)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (; value != 0; value >>= 4U)
        out.insert(out.begin(), digits[value & 15U]);
    return std::string("0x").append(out.empty() ? "0" : out);
}

} // namespace

Result<std::unique_ptr<Memory>> Memory::create(std::uint64_t bytes)
{
    const std::uint64_t total = alignUp(std::max(bytes, pageSize), pageSize);
    UniqueFd file(::memfd_create("slipway-gpu-memory", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file)
        return errnoError("create device memory", errno);
    if (::ftruncate(file.get(), static_cast<off_t>(total)) != 0)
        return errnoError("size device memory", errno);
    // A client holds the file too; were it to shrink it, an access here would be a SIGBUS.
    if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0)
        return errnoError("seal device memory", errno);
    void* base = ::mmap(pointerTo(preferredBase), total, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_NORESERVE, file.get(), 0);
    if (base == MAP_FAILED) {
        return Error(ErrorCode::Exhausted,
                     "reserve " + std::to_string(total >> 20U) + " MiB of device memory: "
                         + std::strerror(errno) + " (is the address space limited by ulimit -v?)");
    }
    std::unique_ptr<Memory> memory(new Memory);
    memory->m_file = std::move(file);
    memory->m_base = std::bit_cast<std::uint64_t>(base);
    memory->m_total = total;
    return memory;
}

Memory::~Memory()
{
    for (const auto& [address, allocation] : m_live) {
        if (allocation.ofHost)
            ::munmap(pointerTo(address), alignUp(allocation.size, pageSize));
    }
    if (m_base != 0)
        ::munmap(pointerTo(m_base), m_total);
}

Result<std::uint64_t> Memory::allocate(std::uint64_t size, std::uint64_t alignment)
{
    if (!std::has_single_bit(alignment))
        return Error(ErrorCode::Invalid, "allocate device memory: alignment not a power of two");
    alignment = std::max<std::uint64_t>(alignment, 256);
    size = std::max<std::uint64_t>(size, 1);
    const std::scoped_lock lock(m_mutex);
    // First fit. A gap of one granule stays behind each piece, so that running off its end is
    // noticed and not taken for its neighbour.
    std::uint64_t at = alignUp(m_base, alignment);
    for (auto live = m_live.lower_bound(m_base); size <= m_total; ++live) {
        while (live != m_live.end() && live->second.ofHost)
            ++live;
        const bool last = live == m_live.end() || live->first >= m_base + m_total;
        const std::uint64_t limit = last ? m_base + m_total : live->first;
        if (at <= limit && limit - at >= size + (last ? 0 : 256)) {
            m_live[at] = {.address = at, .size = size, .ofHost = false};
            m_used += alignUp(size, 256);
            ++m_generation;
            return at;
        }
        if (last)
            break;
        at = alignUp(live->first + live->second.size + 256, alignment);
    }
    return Error(ErrorCode::Exhausted,
                 "allocate " + std::to_string(size) + " octets of device memory: "
                     + std::to_string(m_used) + " of " + std::to_string(m_total) + " are in use");
}

Result<> Memory::free(std::uint64_t address)
{
    const std::scoped_lock lock(m_mutex);
    const auto found = m_live.find(address);
    if (found == m_live.end())
        return Error(ErrorCode::Invalid,
                     "free device memory: " + hex(address) + " is not the start of an allocation");
    const Allocation allocation = found->second;
    m_live.erase(found);
    ++m_generation;
    if (allocation.ofHost) {
        ::munmap(pointerTo(address), alignUp(allocation.size, pageSize));
        return {};
    }
    m_used -= alignUp(allocation.size, 256);
    // Whole pages go back to the machine; what shares a page with a neighbour is zeroed, since
    // allocate() promises zeros.
    const std::uint64_t end = address + allocation.size;
    const std::uint64_t first = std::min(alignUp(address, pageSize), end);
    const std::uint64_t last = std::max(end & ~(pageSize - 1), first);
    std::memset(pointerTo(address), 0, first - address);
    std::memset(pointerTo(last), 0, end - last);
    if (last > first) {
        if (::fallocate(m_file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                        static_cast<off_t>(first - m_base), static_cast<off_t>(last - first))
            != 0)
            std::memset(pointerTo(first), 0, last - first);
    }
    return {};
}

Result<> Memory::adopt(std::uint64_t address, std::uint64_t size, const UniqueFd& fd)
{
    const std::uint64_t length = alignUp(std::max<std::uint64_t>(size, 1), pageSize);
    if (address % pageSize != 0 || size == 0 || address + length < address)
        return Error(ErrorCode::Invalid,
                     "adopt host memory at " + hex(address) + ": not whole pages");
    if (address < window::end && address + length > window::begin)
        return Error(ErrorCode::Unavailable,
                     "adopt host memory at " + hex(address)
                         + ": the device's shared and local windows lie there");
    const std::scoped_lock lock(m_mutex);
    void* mapped = ::mmap(pointerTo(address), length, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_FIXED_NOREPLACE, fd.get(), 0);
    if (mapped == MAP_FAILED || std::bit_cast<std::uint64_t>(mapped) != address) {
        const int number = mapped == MAP_FAILED ? errno : EEXIST;
        if (mapped != MAP_FAILED)
            ::munmap(mapped, length);
        return errnoError("adopt host memory at " + hex(address), number);
    }
    m_live[address] = {.address = address, .size = size, .ofHost = true};
    ++m_generation;
    return {};
}

std::optional<Memory::Allocation> Memory::find(std::uint64_t address) const
{
    const std::scoped_lock lock(m_mutex);
    auto after = m_live.upper_bound(address);
    if (after == m_live.begin())
        return std::nullopt;
    const Allocation& candidate = std::prev(after)->second;
    if (address - candidate.address >= candidate.size)
        return std::nullopt;
    return candidate;
}

bool Memory::contains(std::uint64_t address, std::uint64_t size) const
{
    const auto found = find(address);
    return found && size <= found->size - (address - found->address);
}

std::uint64_t Memory::used() const
{
    const std::scoped_lock lock(m_mutex);
    return m_used;
}

std::uint64_t Memory::generation() const
{
    return m_generation.load(std::memory_order_acquire);
}

} // namespace emulator::gpu::device
