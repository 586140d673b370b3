// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/Device.h"

#include "emulator/base/Bytes.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>

namespace emulator::gpu::server {
namespace {

constexpr std::uint64_t pageBytes = 4096;

std::uint64_t nowMicroseconds()
{
    using namespace std::chrono;
    return static_cast<std::uint64_t>(
        duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count());
}

template<std::size_t size>
void copyText(std::array<char, size>& into, std::string_view text)
{
    std::memcpy(into.data(), text.data(), std::min(text.size(), size - 1));
}

device::DeviceTraits traitsOf(const protocol::DeviceFigures& figures)
{
    device::DeviceTraits traits;
    traits.computeMajor = figures.computeMajor;
    traits.computeMinor = figures.computeMinor;
    traits.multiprocessors = static_cast<std::uint32_t>(figures.multiprocessors);
    traits.maxThreadsPerMultiprocessor
        = static_cast<std::uint32_t>(figures.threadsPerMultiprocessor);
    traits.sharedBytesPerBlockOptin = static_cast<std::uint32_t>(figures.sharedBytesPerBlockOptin);
    traits.clockKhz = static_cast<std::uint32_t>(figures.clockKhz);
    return traits;
}

} // namespace

protocol::DeviceFigures figuresOf(const cards::Card& card, unsigned ordinal, std::uint64_t seed)
{
    protocol::DeviceFigures out;
    copyText(out.name, card.name);
    copyText(out.card, card.id);
    const Bytes digest
        = sha256(card.id + "/" + std::to_string(ordinal) + "/" + std::to_string(seed));
    std::memcpy(out.uuid.data(), digest.data(), out.uuid.size());
    out.memoryBytes = card.memoryBytes;
    out.computeMajor = card.computeMajor;
    out.computeMinor = card.computeMinor;
    out.multiprocessors = card.multiprocessors;
    out.clockKhz = card.boostMhz * 1000;
    out.memoryClockKhz = card.memoryClockMhz * 1000;
    out.memoryBusBits = card.memoryBusBits;
    out.l2Bytes = static_cast<std::int32_t>(card.l2Bytes);
    out.sharedBytesPerMultiprocessor = card.sharedBytesPerMultiprocessor;
    out.sharedBytesPerBlock = card.sharedBytesPerBlock;
    out.sharedBytesPerBlockOptin = card.sharedBytesPerBlockOptin;
    out.registersPerMultiprocessor = card.registersPerMultiprocessor;
    out.threadsPerMultiprocessor = card.threadsPerMultiprocessor;
    out.blocksPerMultiprocessor = card.blocksPerMultiprocessor;
    out.pcieGeneration = card.pcieGeneration;
    out.pcieLanes = card.pcieLanes;
    out.nvlinkGigabytesPerSecond = card.nvlinkGigabytesPerSecond;
    out.powerWatts = card.powerWatts;
    out.pciBus = static_cast<std::int32_t>(1 + ordinal);
    out.singleToDoubleRatio = card.singleToDoubleRatio;
    out.eccEnabled = card.ecc ? 1 : 0;
    return out;
}

Device::Device(const cards::Card& card, unsigned ordinal, std::uint64_t seed)
    : m_figures(figuresOf(card, ordinal, seed))
    , m_executor(device::makeInterpreter(traitsOf(m_figures)))
{
}

void Device::kernelBegins()
{
    const std::lock_guard lock(m_mutex);
    if (m_usage.running++ == 0)
        m_busySince = nowMicroseconds();
}

void Device::kernelEnds(const device::LaunchOutcome& outcome)
{
    const std::lock_guard lock(m_mutex);
    ++m_usage.kernels;
    m_usage.threadInstructions += outcome.counters.threadInstructions;
    if (outcome.fault)
        ++m_usage.faults;
    if (--m_usage.running == 0)
        m_usage.busyMicroseconds += nowMicroseconds() - m_busySince;
}

protocol::Usage Device::usage() const
{
    const std::lock_guard lock(m_mutex);
    protocol::Usage out = m_usage;
    out.nowMicroseconds = nowMicroseconds();
    if (out.running > 0)
        out.busyMicroseconds += out.nowMicroseconds - m_busySince;
    out.memoryTotal = m_figures.memoryBytes;
    return out;
}

Result<std::unique_ptr<Devices>> Devices::create(const cards::Card& card, unsigned count,
                                                 std::uint64_t seed)
{
    auto made = std::unique_ptr<Devices>(new Devices);
    TRY_ASSIGN(made->m_memory, device::Memory::create(card.memoryBytes * count));
    for (unsigned i = 0; i < count; ++i)
        made->m_devices.push_back(std::make_unique<Device>(card, i, seed));
    made->m_used.resize(count);
    return made;
}

std::uint64_t Devices::usedByModules() const
{
    const auto counted = std::accumulate(m_used.begin(), m_used.end(), std::uint64_t {0});
    const auto all = m_memory->used();
    return all > counted ? all - counted : 0;
}

std::uint64_t Devices::usedOn(std::size_t ordinal) const
{
    return m_used[ordinal] + (ordinal == 0 ? usedByModules() : 0);
}

Result<std::uint64_t> Devices::allocate(std::uint64_t size, protocol::AllocationKind kind,
                                        const Owner& owner)
{
    const std::lock_guard lock(m_mutex);
    const auto total = m_devices[owner.device]->figures().memoryBytes;
    const auto used = usedOn(owner.device);
    if (size > total || used > total - size)
        return Error(ErrorCode::Exhausted, "the card's memory is full");
    // Managed memory is mapped into the client, page by page.
    const bool managed = kind == protocol::AllocationKind::Managed;
    const auto rounded = managed ? (size + pageBytes - 1) / pageBytes * pageBytes : size;
    TRY_ASSIGN(const auto address, m_memory->allocate(rounded, managed ? pageBytes : 256));
    m_used[owner.device] += size;
    m_live[address]
        = {{address, size, owner.context, owner.device, ++m_serial, kind, 0}, owner.session};
    return address;
}

void Devices::noteHost(std::uint64_t address, std::uint64_t size, const Owner& owner)
{
    const std::lock_guard lock(m_mutex);
    m_live[address] = {
        {address, size, owner.context, owner.device, ++m_serial, protocol::AllocationKind::Host, 0},
        owner.session};
}

bool Devices::free(std::uint64_t address, std::uint64_t session)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_live.find(address);
    if (found == m_live.end() || found->second.session != session)
        return false;
    if (found->second.info.kind != protocol::AllocationKind::Host)
        m_used[found->second.info.device] -= found->second.info.size;
    m_live.erase(found);
    return static_cast<bool>(m_memory->free(address));
}

void Devices::freeAll(std::uint64_t session, std::uint64_t context)
{
    std::vector<std::uint64_t> addresses;
    {
        const std::lock_guard lock(m_mutex);
        for (const auto& [address, allocation] : m_live)
            if (allocation.session == session
                && (context == 0 || allocation.info.context == context))
                addresses.push_back(address);
    }
    for (const auto address : addresses)
        static_cast<void>(free(address, session));
}

std::optional<protocol::AllocationInfo> Devices::find(std::uint64_t address,
                                                      std::uint64_t session) const
{
    const std::lock_guard lock(m_mutex);
    auto found = m_live.upper_bound(address);
    if (found == m_live.begin())
        return std::nullopt;
    const auto& allocation = std::prev(found)->second;
    if (address - allocation.info.address >= std::max<std::uint64_t>(allocation.info.size, 1))
        return std::nullopt;
    auto info = allocation.info;
    if (allocation.session != session)
        info.context = 0;
    return info;
}

std::uint64_t Devices::usedBySession(std::uint64_t session, std::uint64_t device) const
{
    const std::lock_guard lock(m_mutex);
    std::uint64_t used = 0;
    for (const auto& [address, allocation] : m_live)
        if (allocation.session == session && allocation.info.device == device
            && allocation.info.kind != protocol::AllocationKind::Host)
            used += allocation.info.size;
    return used;
}

protocol::Usage Devices::usage(std::size_t ordinal) const
{
    auto out = m_devices[ordinal]->usage();
    const std::lock_guard lock(m_mutex);
    out.memoryUsed = usedOn(ordinal);
    return out;
}

} // namespace emulator::gpu::server
