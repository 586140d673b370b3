// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/device/LoadedModule.h"
#include "emulator/gpu/protocol/Messages.h"
#include "emulator/gpu/server/Stream.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace emulator::gpu::server {

/// A CUDA event: a point of a stream, and when it was reached.
struct Event {
    Stream::Point point; ///< no stream: never recorded
    /// Written by the stream before the point is reached.
    std::shared_ptr<std::chrono::steady_clock::time_point> reachedAt
        = std::make_shared<std::chrono::steady_clock::time_point>();
};

/// A kernel of a module that a client has a handle of.
struct KernelHandle {
    std::shared_ptr<const device::LoadedModule> module;
    const device::KernelInfo* info = nullptr;
};

/// A module and where the handles of its kernels are.
struct ModuleEntry {
    std::shared_ptr<const device::LoadedModule> loaded;
    std::map<std::string, std::uint64_t, std::less<>> kernels; ///< name → handle
};

/// A CUDA context: streams, events and modules of one client on one device. Its error is sticky, as
/// on a card: once a kernel faulted, nothing runs in it any more. One thread (its session's), but
/// `fail`, `failure` and what streams reach may be used from any.
class Context {
public:
    explicit Context(std::uint64_t device)
        : m_device(device)
        , m_legacy(std::make_shared<Stream>())
    {
    }

    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    [[nodiscard]] std::uint64_t device() const { return m_device; }

    /// The first error stays.
    void fail(std::int32_t code)
    {
        std::int32_t none = 0;
        m_failure.compare_exchange_strong(none, code);
    }
    [[nodiscard]] std::int32_t failure() const { return m_failure; }

    void addStream(std::uint64_t handle, protocol::StreamOrder order);
    /// The stream's queue lives on until it is empty.
    [[nodiscard]] bool removeStream(std::uint64_t handle);
    /// Null when there is no such stream; 0 is the legacy default stream.
    [[nodiscard]] std::shared_ptr<Stream> stream(std::uint64_t handle) const;

    [[nodiscard]] std::size_t streamCount() const { return m_streams.size() + m_removed.size(); }

    /// An idle queue that only waits for events: one for each thread that waits at the moment.
    [[nodiscard]] Stream& waiter();

    /// What work that is pushed to `handle` now has to wait for besides the stream itself: the
    /// legacy stream and the blocking streams wait for each other.
    [[nodiscard]] std::vector<Stream::Point> orderBefore(std::uint64_t handle) const;

    /// The streams that have work, removed ones too.
    [[nodiscard]] std::vector<std::shared_ptr<Stream>> busyStreams();

    std::map<std::uint64_t, std::shared_ptr<Event>> events;
    std::map<std::uint64_t, ModuleEntry> modules;
    std::map<std::uint64_t, KernelHandle> kernels;

private:
    struct Entry {
        std::shared_ptr<Stream> stream;
        protocol::StreamOrder order = protocol::StreamOrder::Blocking;
    };

    std::uint64_t m_device;
    std::atomic<std::int32_t> m_failure = 0;
    std::shared_ptr<Stream> m_legacy;
    std::vector<std::shared_ptr<Stream>> m_waiters;
    std::map<std::uint64_t, Entry> m_streams;
    std::vector<std::shared_ptr<Stream>> m_removed;
};

} // namespace emulator::gpu::server
