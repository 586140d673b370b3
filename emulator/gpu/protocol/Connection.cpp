// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/protocol/Connection.h"

#include "emulator/gpu/protocol/Descriptors.h"
#include "emulator/gpu/protocol/Futex.h"

#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

namespace emulator::gpu::protocol {
namespace {

constexpr int spins = 1000;
constexpr unsigned sleepMilliseconds = 100; ///< then look whether the server is alive

void* addressOf(std::uint64_t address)
{
    return reinterpret_cast<void*>(address); // NOLINT(performance-no-int-to-ptr)
}

} // namespace

std::unique_ptr<Connection> Connection::open(const char* path, const char* program, Role role,
                                             std::string& problem)
{
    auto made = std::unique_ptr<Connection>(new Connection);
    made->m_socket = connectTo(path);
    if (made->m_socket < 0) {
        problem = std::string(path) + ": " + std::strerror(errno);
        return nullptr;
    }
    Hello hello;
    hello.observer = role == Role::Observer ? 1 : 0;
    std::strncpy(hello.program.data(), program, hello.program.size() - 1);
    std::array<int, 2> files {-1, -1};
    if (!sendWith(made->m_socket, &hello, sizeof hello, nullptr, 0)) {
        problem = std::string(path) + ": slipway-gpud hung up";
        return nullptr;
    }
    const int got = receiveWith(made->m_socket, &made->m_welcome, sizeof made->m_welcome,
                                files.data(), files.size());
    made->m_memoryFile = files[1];
    if (got < 0 || made->m_welcome.magic != magic) {
        problem = std::string(path) + ": what listens there is not slipway-gpud";
    } else if (made->m_welcome.version != version || got != 2) {
        problem = std::string(path) + ": slipway-gpud speaks version "
            + std::to_string(made->m_welcome.version) + " of the protocol, this library version "
            + std::to_string(version) + "; use both from the same Slipway";
    } else if (made->map(role, files[0], problem)) {
        ::close(files[0]);
        return made;
    }
    if (files[0] >= 0)
        ::close(files[0]);
    return nullptr;
}

bool Connection::map(Role role, int channelFile, std::string& problem)
{
    void* channel
        = ::mmap(nullptr, sizeof(Channel), PROT_READ | PROT_WRITE, MAP_SHARED, channelFile, 0);
    if (channel == MAP_FAILED) {
        problem = std::string("map the channel: ") + std::strerror(errno);
        return false;
    }
    m_channel = static_cast<Channel*>(channel);
    if (role == Role::Observer)
        return true;
    void* memory = ::mmap(nullptr, m_welcome.memoryBytes, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_NORESERVE, m_memoryFile, 0);
    if (memory == MAP_FAILED) {
        problem = std::string("map the device's memory (is the address space limited?): ")
            + std::strerror(errno);
        return false;
    }
    m_memory = static_cast<std::byte*>(memory);
    // Device addresses stay out of reach of this program, as on a card: touching one is a fault.
    void* wanted = addressOf(m_welcome.memoryBase);
    void* reserved
        = ::mmap(wanted, m_welcome.memoryBytes, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    m_reserved = reserved == wanted;
    if (!m_reserved && reserved != MAP_FAILED)
        ::munmap(reserved, m_welcome.memoryBytes);
    return true;
}

Connection::~Connection()
{
    if (m_channel != nullptr)
        ::munmap(m_channel, sizeof(Channel));
    if (m_memory != nullptr)
        ::munmap(m_memory, m_welcome.memoryBytes);
    if (m_reserved)
        ::munmap(addressOf(m_welcome.memoryBase), m_welcome.memoryBytes);
    forget();
}

void Connection::forget()
{
    if (m_socket >= 0)
        ::close(m_socket);
    if (m_memoryFile >= 0)
        ::close(m_memoryFile);
    m_socket = -1;
    m_memoryFile = -1;
}

bool Connection::alive()
{
    pollfd end {m_socket, POLLRDHUP, 0};
    if (m_channel->closed == 0 && ::poll(&end, 1, 0) > 0)
        m_channel->closed = 1;
    return m_channel->closed == 0;
}

bool Connection::write(Header header, std::initializer_list<Piece> pieces)
{
    std::size_t size = sizeof header;
    for (const auto& piece : pieces)
        size += piece.size;
    size = (size + 7) / 8 * 8;
    if (size > messageLimit)
        return false;
    header.size = static_cast<std::uint32_t>(size);
    while (m_written + size - m_channel->consumed > ringBytes) {
        const std::uint32_t room = m_channel->room;
        if (m_written + size - m_channel->consumed > ringBytes)
            futexWait(m_channel->room, room, sleepMilliseconds);
        if (!alive())
            return false;
    }
    std::uint64_t at = m_written;
    copyIn(*m_channel, at, &header, sizeof header);
    at += sizeof header;
    for (const auto& piece : pieces) {
        copyIn(*m_channel, at, piece.data, piece.size);
        at += piece.size;
    }
    m_written += size;
    m_channel->written = m_written;
    if (m_channel->serverSleeps != 0) {
        ++m_channel->doorbell;
        futexWake(m_channel->doorbell);
    }
    return true;
}

std::uint16_t Connection::takeSlot()
{
    for (;;) {
        std::uint64_t free = m_freeSlots;
        while (free != 0) {
            const int slot = std::countr_zero(free);
            if (m_freeSlots.compare_exchange_weak(free, free & ~(std::uint64_t {1} << slot)))
                return static_cast<std::uint16_t>(slot);
        }
        ::sched_yield(); // 64 threads of this program wait for the device already
    }
}

void Connection::giveSlot(std::uint16_t slot)
{
    m_freeSlots |= std::uint64_t {1} << slot;
}

bool Connection::await(Slot& slot)
{
    for (int i = 0; i < spins; ++i) {
        if (slot.done.load(std::memory_order_acquire) != 0)
            return true;
        pause();
    }
    while (slot.done.load(std::memory_order_acquire) == 0) {
        futexWait(slot.done, 0, sleepMilliseconds);
        if (slot.done == 0 && !alive())
            return false;
    }
    return true;
}

std::int32_t Connection::call(Kind kind, std::uint64_t context, std::initializer_list<Piece> pieces,
                              Reply* reply, int descriptor)
{
    if (m_channel->closed != 0)
        return Unknown;
    const std::uint16_t index = takeSlot();
    Slot& slot = m_channel->answers[index];
    slot.done = 0;
    {
        const std::lock_guard lock(m_mutex);
        const std::uint64_t tag = static_cast<std::uint64_t>(kind);
        if ((descriptor >= 0 && !sendWith(m_socket, &tag, sizeof tag, &descriptor, 1))
            || !write({0, kind, index, context}, pieces)) {
            giveSlot(index);
            return Unknown;
        }
    }
    if (!await(slot))
        return Unknown; // the slot stays taken: nobody will answer any more
    const std::int32_t status = slot.status;
    if (reply != nullptr) {
        reply->size = std::min({std::size_t {slot.size}, reply->capacity, std::size_t {slotBytes}});
        std::memcpy(reply->data, slot.data.data(), reply->size);
    }
    giveSlot(index);
    return status;
}

std::int32_t Connection::post(Kind kind, std::uint64_t context, std::initializer_list<Piece> pieces)
{
    if (m_channel->closed != 0)
        return Unknown;
    const std::lock_guard lock(m_mutex);
    return write({0, kind, noSlot, context}, pieces) ? Success : Unknown;
}

} // namespace emulator::gpu::protocol
