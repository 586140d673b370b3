// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/UniqueFd.h"
#include "emulator/gpu/protocol/Channel.h"
#include "emulator/gpu/protocol/Codes.h"
#include "emulator/gpu/protocol/Messages.h"
#include "emulator/gpu/server/Context.h"
#include "emulator/gpu/server/Device.h"
#include "emulator/gpu/server/TextQueue.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace emulator::gpu::server {

/// One command, copied out of the ring: its header and what follows it.
struct Command {
    protocol::Header header;
    std::span<const std::byte> body;

    /// The struct at the start of the body; null when the body is too short.
    template<typename T>
    [[nodiscard]] std::optional<T> as() const
    {
        if (body.size() < sizeof(T))
            return std::nullopt;
        T value;
        std::memcpy(&value, body.data(), sizeof value);
        return value;
    }

    /// `size` octets after a struct of type T; nothing when there are fewer.
    template<typename T>
    [[nodiscard]] std::optional<std::string_view> after(std::uint64_t size) const
    {
        if (body.size() < sizeof(T) || size > body.size() - sizeof(T))
            return std::nullopt;
        return std::string_view(reinterpret_cast<const char*>(body.data()) + sizeof(T), size);
    }
};

/// One client process on the devices: carries out its commands in their order. The client is
/// hostile: each size, offset and handle is checked. When it dies, what it held is freed.
/// serve() and handle() on one thread; close() from any.
class Session {
public:
    /// `channel` outlives the session; `socket` gives the descriptors that commands announce.
    Session(std::uint64_t id, Devices& devices, protocol::Channel& channel, UniqueFd socket);
    ~Session();

    /// Takes commands from the ring until close().
    void serve();
    /// Ends serve() soon. Thread-safe.
    void close();

    /// Carries out one command; answers in its slot.
    void handle(const Command& command);

    /// Gives the process list for QueryProcesses.
    using Processes = std::function<std::vector<protocol::Process>(std::uint64_t device)>;
    void setProcesses(Processes processes) { m_processes = std::move(processes); }

    [[nodiscard]] std::uint64_t id() const { return m_id; }
    [[nodiscard]] int socket() const { return m_socket.get(); }
    [[nodiscard]] bool hasContext() const { return m_contextCount > 0; }

    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

private:
    using Handler = void (Session::*)(const Command&);
    static Handler handlerOf(protocol::Kind kind);

    void answer(const Command& command, std::int32_t code, const void* data = nullptr,
                std::size_t size = 0);
    void answerSlot(std::uint16_t slot, std::int32_t code, const void* data = nullptr,
                    std::size_t size = 0);
    template<typename T>
    void answerWith(const Command& command, const T& value)
    {
        answer(command, protocol::Success, &value, sizeof value);
    }
    /// Answers a bad command, or, when nobody waits for an answer, makes its context fail.
    void refuse(const Command& command, std::int32_t code);
    /// The command's context when there is one and it has not failed; else refuses.
    Context* healthy(const Command& command);
    Context* contextOf(const Command& command);
    std::uint64_t nextHandle() { return ++m_lastHandle; }
    /// Runs `work` on a stream in CUDA's order, unless the context has failed by then.
    void enqueue(Context& context, std::uint64_t stream, Stream::Work work);
    /// Answers `command` once all streams of `context` have got here; `last` runs before.
    void whenIdle(Context& context, const Command& command,
                  std::function<std::int32_t()> last = {});
    UniqueFd takeDescriptor();

    // SessionDevices.cpp
    void queryDevice(const Command& command);
    void queryUsage(const Command& command);
    void queryProcesses(const Command& command);
    void createContext(const Command& command);
    void destroyContext(const Command& command);
    void synchronizeContext(const Command& command);
    void fetchText(const Command& command);
    // SessionModules.cpp
    void loadModule(const Command& command);
    void unloadModule(const Command& command);
    void findFunction(const Command& command);
    void functionAt(const Command& command);
    void findVariable(const Command& command);
    void answerFunction(const Command& command, Context& context, ModuleEntry& module,
                        const device::KernelInfo& info);
    // SessionMemory.cpp
    void allocate(const Command& command);
    void free(const Command& command);
    void freeOnStream(const Command& command);
    void shareHost(const Command& command);
    void findAllocation(const Command& command);
    void drain(const Command& command);
    void copy(const Command& command);
    void copyInline(const Command& command);
    void fill(const Command& command);
    // SessionStreams.cpp
    void createStream(const Command& command);
    void destroyStream(const Command& command);
    void synchronizeStream(const Command& command);
    void queryStream(const Command& command);
    void waitEvent(const Command& command);
    void createEvent(const Command& command);
    void destroyEvent(const Command& command);
    void recordEvent(const Command& command);
    void synchronizeEvent(const Command& command);
    void queryEvent(const Command& command);
    void elapsedTime(const Command& command);
    void hostCall(const Command& command);
    void hostCallDone(const Command& command);
    // SessionLaunch.cpp
    void launch(const Command& command);
    void runKernel(Context& context, const device::LaunchPlan& plan, std::stop_token stop);

    std::uint64_t m_id;
    Devices& m_devices;
    protocol::Channel& m_channel;
    UniqueFd m_socket;
    Processes m_processes;
    TextQueue m_text;
    std::uint64_t m_lastHandle = 0x100; ///< above what CUDA gives a meaning: 0, 1, 2
    std::atomic<bool> m_closed = false;
    std::atomic<std::size_t> m_contextCount = 0;
    std::mutex m_callMutex;
    std::condition_variable_any m_callChanged;
    std::set<std::uint64_t> m_callsDone;
    std::uint32_t m_callsOpen = 0;
    std::uint32_t m_callsPosted = 0;
    std::map<std::uint64_t, std::unique_ptr<Context>> m_contexts; ///< last: its work uses the rest
};

} // namespace emulator::gpu::server
