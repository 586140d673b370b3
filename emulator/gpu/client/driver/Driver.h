// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/client/Api.h"
#include "emulator/gpu/protocol/Codes.h"
#include "emulator/gpu/protocol/Connection.h"
#include "emulator/gpu/protocol/Messages.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace emulator::gpu::client {

using protocol::Kind;

inline constexpr Handle legacyStream = 1; ///< CU_STREAM_LEGACY
inline constexpr Handle perThreadStream = 2; ///< CU_STREAM_PER_THREAD

/// A context of this process. Its fields are guarded by Driver's mutex but for the constant ones.
struct ContextState {
    Handle handle = 0;
    int device = 0;
    bool primary = false;
    unsigned flags = 0;
    std::uint64_t heapBytes = 8U << 20U; ///< CU_LIMIT_MALLOC_HEAP_SIZE
    std::array<std::uint64_t, 8> limits {1024, 1U << 20U, 8U << 20U, 2, 2048, 64, 0, 0};
    int cacheConfig = 0;
};

/// A kernel in a context.
struct FunctionState {
    protocol::Function head;
    std::vector<protocol::Parameter> parameters;
    std::string name;
    Handle module = 0;
    Handle context = 0;
    int device = 0;
    std::atomic<int> dynamicSharedLimit = 0; ///< CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
    std::atomic<int> carveout = -1;
};

struct StreamState {
    Handle context = 0;
    unsigned flags = 0;
    int priority = 0;
};

struct EventState {
    Handle context = 0;
    unsigned flags = 0;
};

struct ModuleState {
    Handle context = 0;
    std::map<std::string, Handle, std::less<>> functions;
};

/// Host memory that the device may touch (pinned) or was only promised to (registered).
struct HostRange {
    std::uint64_t size = 0;
    unsigned flags = 0;
    bool shared = false; ///< mapped in gpud at the same address
    Handle context = 0;
};

/// Code that is loaded into each context when it is first used there (CUlibrary).
struct LibraryState {
    std::string image;
    std::map<Handle, Handle> modules; ///< context → module
};

/// A kernel of a library, in whatever context is current (CUkernel).
struct KernelState {
    Handle library = 0;
    std::string name;
    int dynamicSharedLimit = 0;
};

/// Where work goes.
struct Target {
    Handle context = 0;
    Handle stream = 0; ///< the server's handle
};

/// What this process knows of the emulated devices: the connection, and what handles mean. One for
/// each process: a child of fork gets a new one when it first calls. Thread-safe.
class Driver {
public:
    /// The process's driver once cuInit has been called; null before, with NOT_INITIALIZED or the
    /// reason why there is no device in `code`.
    static Driver* current(Result& code);
    /// cuInit.
    static Result initialize();

    explicit Driver(std::unique_ptr<protocol::Connection> connection);

    [[nodiscard]] protocol::Connection& connection() { return *m_connection; }
    [[nodiscard]] int deviceCount() const { return static_cast<int>(m_visible.size()); }
    /// The figures of a visible device; null when there is no such device.
    [[nodiscard]] const protocol::DeviceFigures* figures(int device) const;
    /// gpud's ordinal of a visible device (CUDA_VISIBLE_DEVICES picks and reorders).
    [[nodiscard]] int ordinal(int device) const
    {
        return m_visible[static_cast<std::size_t>(device)];
    }

    /// call() and then what the device printed or complained.
    template<typename Out, typename In>
    Result ask(Kind kind, Handle context, const Out& out, In& in)
    {
        return settle(m_connection->ask(kind, context, out, in));
    }
    template<typename Out>
    Result tell(Kind kind, Handle context, const Out& out)
    {
        return settle(m_connection->tell(kind, context, out));
    }
    Result settle(Result code)
    {
        if (m_connection->channel().text != 0)
            fetchText();
        if (code == protocol::Unknown && m_connection->channel().closed != 0)
            reportLoss();
        return code;
    }
    void fetchText();
    /// Says once that gpud is gone.
    void reportLoss();

    /// The context that is current in this thread; null when there is none.
    [[nodiscard]] std::shared_ptr<ContextState> currentContext();
    [[nodiscard]] std::shared_ptr<ContextState> context(Handle handle);
    /// Where a stream handle of the caller leads, in the current context or the stream's own.
    Result resolve(Handle stream, Target& target);

    [[nodiscard]] std::shared_ptr<FunctionState> function(Handle handle);
    Result findFunction(Handle module, const std::string& name, Handle& out);
    Result adoptFunction(Handle module, Handle context, const std::vector<std::byte>& reply,
                         Handle& out);
    /// Loads an image (protocol/Image.h) into a context.
    Result loadModule(Handle context, const std::string& image, Handle& out, std::string* log);
    /// The module of a library in the current context, loaded when it is not yet.
    Result moduleOf(Handle library, Handle& out);

    /// The host range around an address; false when there is none.
    bool hostRange(std::uint64_t address, std::uint64_t& start, HostRange& out);

    std::mutex mutex; ///< guards the tables below; never held during a call
    std::map<Handle, std::shared_ptr<ContextState>> contexts;
    std::map<Handle, StreamState> streams;
    std::map<Handle, EventState> events;
    std::map<Handle, ModuleState> modules;
    std::map<Handle, std::shared_ptr<FunctionState>> functions;
    std::map<Handle, LibraryState> libraries;
    std::map<Handle, KernelState> kernels;
    std::map<std::uint64_t, HostRange> hostRanges;
    std::map<std::uint64_t, std::uint64_t> managed; ///< address → size
    std::set<std::pair<Handle, Handle>> peers; ///< context, peer context
    std::vector<Handle> primaries; ///< by device; 0: none
    std::vector<int> primaryCounts;
    std::uint64_t lastOwnHandle = ownHandleBit;
    std::uint64_t windowNext = 0;

    static constexpr std::uint64_t ownHandleBit = std::uint64_t {1} << 46U; ///< libraries, kernels

private:
    std::unique_ptr<protocol::Connection> m_connection;
    std::vector<protocol::DeviceFigures> m_figures;
    std::vector<int> m_visible;
    std::mutex m_textMutex;
    std::atomic<bool> m_lossReported = false;
};

/// The contexts of this thread, the current one last.
struct ThreadState {
    const Driver* driver = nullptr; ///< what the handles belong to
    std::vector<Handle> stack;
    std::map<Handle, Handle> perThreadStreams; ///< context → stream
    bool perThreadDefault = false; ///< in the next call, stream 0 means the thread's own
};
ThreadState& threadState();

/// Takes the driver into `driver` or returns why there is none.
#define DRIVER_OR_RETURN(driver)                                                                   \
    emulator::gpu::client::Result driver##Code = 0;                                                \
    emulator::gpu::client::Driver* driver = emulator::gpu::client::Driver::current(driver##Code);  \
    if (driver == nullptr)                                                                         \
        return driver##Code;

/// Takes the current context into `context` or returns INVALID_CONTEXT.
#define CONTEXT_OR_RETURN(driver, context)                                                         \
    DRIVER_OR_RETURN(driver)                                                                       \
    const auto context = driver->currentContext();                                                 \
    if (context == nullptr)                                                                        \
        return emulator::gpu::protocol::InvalidContext;

/// Finds where `stream` leads or returns what is wrong with it.
#define TARGET_OR_RETURN(driver, stream, target)                                                   \
    DRIVER_OR_RETURN(driver)                                                                       \
    emulator::gpu::client::Target target;                                                          \
    if (const auto code = driver->resolve(stream, target); code != 0)                              \
        return code;

} // namespace emulator::gpu::client
