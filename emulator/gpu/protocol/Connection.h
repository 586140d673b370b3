// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/protocol/Channel.h"
#include "emulator/gpu/protocol/Codes.h"
#include "emulator/gpu/protocol/Messages.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>

namespace emulator::gpu::protocol {

/// Octets of a message that are put one after the other.
struct Piece {
    const void* data = nullptr;
    std::size_t size = 0;
};

/// Where an answer goes: at most `capacity` octets; `size` says how many came.
struct Reply {
    void* data = nullptr;
    std::size_t capacity = 0;
    std::size_t size = 0;
};

enum class Role { Program, Observer };

/// The client's end of a connection to slipway-gpud. Thread-safe. Belongs to the process that
/// opened it: a child of fork must open its own and forget() this one.
class Connection {
public:
    /// Connects and maps the channel (and, for a program, the device's memory). Null when that
    /// fails, with the reason in `problem`.
    [[nodiscard]] static std::unique_ptr<Connection> open(const char* path, const char* program,
                                                          Role role, std::string& problem);
    ~Connection();

    [[nodiscard]] const Welcome& welcome() const { return m_welcome; }
    [[nodiscard]] Channel& channel() { return *m_channel; }

    /// Whether `address` lies in device memory, and where this process may touch that.
    [[nodiscard]] bool isDevice(std::uint64_t address) const
    {
        return address - m_welcome.memoryBase < m_welcome.memoryBytes;
    }
    [[nodiscard]] std::byte* view(std::uint64_t address) const
    {
        return m_memory + (address - m_welcome.memoryBase);
    }
    [[nodiscard]] int memoryFile() const { return m_memoryFile; }

    /// Sends a command and waits for its answer; gives its status. `descriptor` goes along (-1:
    /// none).
    std::int32_t call(Kind kind, std::uint64_t context, std::initializer_list<Piece> pieces,
                      Reply* reply = nullptr, int descriptor = -1);

    /// Sends a command that has no answer.
    std::int32_t post(Kind kind, std::uint64_t context, std::initializer_list<Piece> pieces);

    /// call() with one struct out and one back.
    template<typename Out, typename In>
    std::int32_t ask(Kind kind, std::uint64_t context, const Out& out, In& in)
    {
        Reply reply {&in, sizeof in, 0};
        const auto code = call(kind, context, {{&out, sizeof out}}, &reply);
        return code == Success && reply.size < sizeof in ? std::int32_t {Unknown} : code;
    }
    template<typename Out>
    std::int32_t tell(Kind kind, std::uint64_t context, const Out& out)
    {
        return call(kind, context, {{&out, sizeof out}});
    }

    /// In the child after fork: gives up the descriptors, touches nothing shared.
    void forget();

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

private:
    Connection() = default;
    [[nodiscard]] bool map(Role role, int channelFile, std::string& problem);
    [[nodiscard]] bool write(Header header, std::initializer_list<Piece> pieces);
    [[nodiscard]] std::uint16_t takeSlot();
    void giveSlot(std::uint16_t slot);
    [[nodiscard]] bool alive();
    [[nodiscard]] bool await(Slot& slot);

    Welcome m_welcome;
    int m_socket = -1;
    int m_memoryFile = -1;
    Channel* m_channel = nullptr;
    std::byte* m_memory = nullptr;
    bool m_reserved = false;
    std::mutex m_mutex; ///< the ring's writing end and the socket
    std::uint64_t m_written = 0;
    std::atomic<std::uint64_t> m_freeSlots = ~std::uint64_t {0};
    static_assert(slotCount == 64);
};

} // namespace emulator::gpu::protocol
