// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/driver/Callbacks.h"

#include "emulator/gpu/client/Thread.h"
#include "emulator/gpu/protocol/Futex.h"

namespace emulator::gpu::client {
namespace {

constexpr unsigned sleepMilliseconds = 1000;

/// The functions that wait for their streams, and the thread that calls them.
struct Callbacks {
    explicit Callbacks(Driver& owner)
        : driver(owner)
    {
    }

    Driver& driver;
    std::mutex mutex;
    std::map<std::uint64_t, std::function<void()>> waiting;
    std::uint64_t lastToken = 0;
};

void* serveCallbacks(void* argument)
{
    auto& own = *static_cast<Callbacks*>(argument);
    auto& connection = own.driver.connection();
    auto& channel = connection.channel();
    std::uint32_t seen = 0;
    while (channel.closed == 0) {
        const std::uint32_t posted = channel.callbacksPosted;
        if (posted == seen) {
            protocol::futexWait(channel.callbacksPosted, posted, sleepMilliseconds);
            continue;
        }
        const std::uint64_t token = channel.callbacks[seen++ % protocol::callbackCount];
        std::function<void()> function;
        {
            const std::lock_guard lock(own.mutex);
            if (const auto found = own.waiting.find(token); found != own.waiting.end()) {
                function = std::move(found->second);
                own.waiting.erase(found);
            }
        }
        if (function)
            function();
        const protocol::Handle message {token};
        connection.post(Kind::HostCallDone, 0, {{&message, sizeof message}});
    }
    return nullptr;
}

/// One for each Driver; lives as long as the process.
Callbacks* callbacksOf(Driver& driver)
{
    static std::mutex mutex;
    static auto* const all = new std::map<Driver*, Callbacks*>;
    const std::lock_guard lock(mutex);
    Callbacks*& own = (*all)[&driver];
    if (own == nullptr) {
        own = new Callbacks(driver);
        if (!startDetachedThread(serveCallbacks, own)) {
            delete own;
            own = nullptr;
        }
    }
    return own;
}

} // namespace

Result callOnStream(Driver& driver, const Target& target, std::function<void()> function)
{
    Callbacks* own = callbacksOf(driver);
    if (own == nullptr)
        return protocol::OutOfMemory;
    protocol::OnStream message {target.stream, 0};
    {
        const std::lock_guard lock(own->mutex);
        message.value = ++own->lastToken;
        own->waiting[message.value] = std::move(function);
    }
    return driver.connection().post(Kind::HostCall, target.context, {{&message, sizeof message}});
}

} // namespace emulator::gpu::client
