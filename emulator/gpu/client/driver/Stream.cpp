// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Streams, events and host functions.

#include "emulator/gpu/client/driver/Callbacks.h"
#include "emulator/gpu/client/driver/Driver.h"

#include <algorithm>

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

namespace {

constexpr unsigned nonBlocking = 1;
constexpr unsigned disableTiming = 2;
constexpr int leastPriority = 0;
constexpr int greatestPriority = -5;

Result onStream(Kind kind, Handle stream)
{
    TARGET_OR_RETURN(driver, stream, target)
    return driver->tell(kind, target.context, protocol::OnStream {target.stream, 0});
}

Result eventContext(Driver& driver, Handle event, EventState& out)
{
    const std::lock_guard lock(driver.mutex);
    const auto found = driver.events.find(event);
    if (found == driver.events.end())
        return protocol::InvalidHandle;
    out = found->second;
    return 0;
}

Result onEvent(Kind kind, Handle event)
{
    DRIVER_OR_RETURN(driver)
    EventState state;
    if (const auto code = eventContext(*driver, event, state); code != 0)
        return code;
    return driver->tell(kind, state.context, protocol::Handle {event});
}

} // namespace

SLIPWAY_EXPORT Result cuStreamCreateWithPriority(Handle* stream, unsigned flags, int priority)
{
    CONTEXT_OR_RETURN(driver, context)
    if (stream == nullptr || flags > nonBlocking)
        return protocol::InvalidValue;
    protocol::CreateStream message;
    message.order = (flags & nonBlocking) != 0 ? protocol::StreamOrder::NonBlocking
                                               : protocol::StreamOrder::Blocking;
    message.priority = std::min(std::max(priority, greatestPriority), leastPriority);
    protocol::Handle made;
    if (const auto code = driver->ask(Kind::CreateStream, context->handle, message, made);
        code != 0)
        return code;
    *stream = made.value;
    const std::lock_guard lock(driver->mutex);
    driver->streams[made.value] = {context->handle, flags, message.priority};
    return 0;
}
SLIPWAY_EXPORT Result cuStreamCreate(Handle* stream, unsigned flags)
{
    return cuStreamCreateWithPriority(stream, flags, 0);
}

SLIPWAY_EXPORT Result cuStreamDestroy_v2(Handle stream)
{
    DRIVER_OR_RETURN(driver)
    Handle context = 0;
    {
        const std::lock_guard lock(driver->mutex);
        const auto found = driver->streams.find(stream);
        if (found == driver->streams.end())
            return protocol::InvalidHandle;
        context = found->second.context;
        driver->streams.erase(found);
    }
    return driver->tell(Kind::DestroyStream, context, protocol::Handle {stream});
}
SLIPWAY_EXPORT Result cuStreamDestroy(Handle stream)
{
    return cuStreamDestroy_v2(stream);
}

SLIPWAY_EXPORT Result cuStreamSynchronize(Handle stream)
{
    return onStream(Kind::SynchronizeStream, stream);
}
SLIPWAY_EXPORT Result cuStreamQuery(Handle stream)
{
    return onStream(Kind::QueryStream, stream);
}

SLIPWAY_EXPORT Result cuStreamGetPriority(Handle stream, int* priority)
{
    DRIVER_OR_RETURN(driver)
    if (priority == nullptr)
        return protocol::InvalidValue;
    const std::lock_guard lock(driver->mutex);
    const auto found = driver->streams.find(stream);
    *priority = found == driver->streams.end() ? 0 : found->second.priority;
    return 0;
}

SLIPWAY_EXPORT Result cuStreamGetFlags(Handle stream, unsigned* flags)
{
    DRIVER_OR_RETURN(driver)
    if (flags == nullptr)
        return protocol::InvalidValue;
    const std::lock_guard lock(driver->mutex);
    const auto found = driver->streams.find(stream);
    *flags = found == driver->streams.end() ? 0 : found->second.flags;
    return 0;
}

SLIPWAY_EXPORT Result cuStreamGetId(Handle stream, unsigned long long* id)
{
    if (id == nullptr)
        return protocol::InvalidValue;
    *id = stream == 0 ? legacyStream : stream;
    return 0;
}

SLIPWAY_EXPORT Result cuStreamGetCtx(Handle stream, Handle* context)
{
    TARGET_OR_RETURN(driver, stream, target)
    if (context == nullptr)
        return protocol::InvalidValue;
    *context = target.context;
    return 0;
}

SLIPWAY_EXPORT Result cuStreamGetDevice(Handle stream, int* device)
{
    TARGET_OR_RETURN(driver, stream, target)
    const auto context = driver->context(target.context);
    if (device == nullptr || context == nullptr)
        return protocol::InvalidValue;
    *device = context->device;
    return 0;
}

SLIPWAY_EXPORT Result cuStreamWaitEvent(Handle stream, Handle event, unsigned)
{
    TARGET_OR_RETURN(driver, stream, target)
    EventState state;
    if (const auto code = eventContext(*driver, event, state); code != 0)
        return code;
    const protocol::OnStream message {target.stream, event};
    return driver->connection().post(Kind::WaitEvent, target.context, {{&message, sizeof message}});
}

/// Nothing is being captured: graphs are not supported.
SLIPWAY_EXPORT Result cuStreamIsCapturing(Handle stream, int* status)
{
    TARGET_OR_RETURN(driver, stream, target)
    if (status == nullptr)
        return protocol::InvalidValue;
    *status = 0;
    return 0;
}
SLIPWAY_EXPORT Result cuStreamGetCaptureInfo(Handle stream, int* status, std::uint64_t*)
{
    return cuStreamIsCapturing(stream, status);
}
SLIPWAY_EXPORT Result cuStreamGetCaptureInfo_v2(Handle stream, int* status, std::uint64_t*, Handle*,
                                                const Handle**, std::size_t*)
{
    return cuStreamIsCapturing(stream, status);
}
SLIPWAY_EXPORT Result cuStreamGetCaptureInfo_v3(Handle stream, int* status, std::uint64_t*, Handle*,
                                                const Handle**, const void**, std::size_t*)
{
    return cuStreamIsCapturing(stream, status);
}
SLIPWAY_EXPORT Result cuThreadExchangeStreamCaptureMode(int* mode)
{
    if (mode != nullptr)
        *mode = 0;
    return 0;
}
SLIPWAY_EXPORT Result cuStreamSetAttribute(Handle, int, const void*)
{
    return 0;
}
SLIPWAY_EXPORT Result cuStreamCopyAttributes(Handle, Handle)
{
    return 0;
}

SLIPWAY_EXPORT Result cuEventCreate(Handle* event, unsigned flags)
{
    CONTEXT_OR_RETURN(driver, context)
    if (event == nullptr || flags > 7)
        return protocol::InvalidValue;
    protocol::Handle made;
    if (const auto code
        = driver->ask(Kind::CreateEvent, context->handle, protocol::Handle {}, made);
        code != 0)
        return code;
    *event = made.value;
    const std::lock_guard lock(driver->mutex);
    driver->events[made.value] = {context->handle, flags};
    return 0;
}

SLIPWAY_EXPORT Result cuEventDestroy_v2(Handle event)
{
    const auto code = onEvent(Kind::DestroyEvent, event);
    DRIVER_OR_RETURN(driver)
    const std::lock_guard lock(driver->mutex);
    driver->events.erase(event);
    return code;
}
SLIPWAY_EXPORT Result cuEventDestroy(Handle event)
{
    return cuEventDestroy_v2(event);
}

SLIPWAY_EXPORT Result cuEventRecord(Handle event, Handle stream)
{
    DRIVER_OR_RETURN(driver)
    EventState state;
    if (const auto code = eventContext(*driver, event, state); code != 0)
        return code;
    Target target;
    if (const auto code = driver->resolve(stream, target); code != 0)
        return code;
    if (target.context != state.context)
        return protocol::InvalidHandle;
    const protocol::OnStream message {target.stream, event};
    return driver->connection().post(Kind::RecordEvent, target.context,
                                     {{&message, sizeof message}});
}
SLIPWAY_EXPORT Result cuEventRecordWithFlags(Handle event, Handle stream, unsigned)
{
    return cuEventRecord(event, stream);
}

SLIPWAY_EXPORT Result cuEventQuery(Handle event)
{
    return onEvent(Kind::QueryEvent, event);
}
SLIPWAY_EXPORT Result cuEventSynchronize(Handle event)
{
    return onEvent(Kind::SynchronizeEvent, event);
}

SLIPWAY_EXPORT Result cuEventElapsedTime(float* milliseconds, Handle start, Handle end)
{
    DRIVER_OR_RETURN(driver)
    EventState first;
    EventState second;
    if (milliseconds == nullptr)
        return protocol::InvalidValue;
    if (eventContext(*driver, start, first) != 0 || eventContext(*driver, end, second) != 0
        || ((first.flags | second.flags) & disableTiming) != 0 || first.context != second.context)
        return protocol::InvalidHandle;
    double span = 0;
    const auto code
        = driver->ask(Kind::ElapsedTime, first.context, protocol::Elapsed {start, end}, span);
    if (code == 0)
        *milliseconds = static_cast<float>(span);
    return code;
}
SLIPWAY_EXPORT Result cuEventElapsedTime_v2(float* milliseconds, Handle start, Handle end)
{
    return cuEventElapsedTime(milliseconds, start, end);
}

SLIPWAY_EXPORT Result cuLaunchHostFunc(Handle stream, void (*function)(void*), void* data)
{
    TARGET_OR_RETURN(driver, stream, target)
    if (function == nullptr)
        return protocol::InvalidValue;
    return callOnStream(*driver, target, [function, data] { function(data); });
}

SLIPWAY_EXPORT Result cuStreamAddCallback(Handle stream, void (*function)(Handle, Result, void*),
                                          void* data, unsigned)
{
    TARGET_OR_RETURN(driver, stream, target)
    if (function == nullptr)
        return protocol::InvalidValue;
    return callOnStream(*driver, target,
                        [function, stream, data] { function(stream, protocol::Success, data); });
}
