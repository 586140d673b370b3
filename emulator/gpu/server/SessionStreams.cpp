// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Commands about streams, events and calls back into the client.

#include "emulator/gpu/protocol/Futex.h"
#include "emulator/gpu/server/Session.h"

namespace emulator::gpu::server {
namespace {

constexpr std::size_t streamLimit = 1024; ///< each has a thread

std::shared_ptr<Event> eventOf(Context& context, std::uint64_t handle)
{
    const auto found = context.events.find(handle);
    return found == context.events.end() ? nullptr : found->second;
}

} // namespace

void Session::createStream(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::CreateStream>();
    if (!body || body->order > protocol::StreamOrder::NonBlocking)
        return refuse(command, protocol::InvalidValue);
    if (context->streamCount() >= streamLimit)
        return refuse(command, protocol::OutOfMemory);
    const auto handle = nextHandle();
    context->addStream(handle, body->order);
    answerWith(command, protocol::Handle {handle});
}

void Session::destroyStream(const Command& command)
{
    Context* context = contextOf(command);
    const auto body = command.as<protocol::Handle>();
    if (context == nullptr || !body || !context->removeStream(body->value))
        return refuse(command, protocol::InvalidHandle);
    answer(command, protocol::Success);
}

void Session::synchronizeStream(const Command& command)
{
    Context* context = contextOf(command);
    const auto body = command.as<protocol::OnStream>();
    const auto stream = context != nullptr && body ? context->stream(body->stream) : nullptr;
    if (stream == nullptr)
        return refuse(command, protocol::InvalidHandle);
    auto after = context->orderBefore(body->stream);
    if (after.empty() && stream->idle())
        return answer(command, context->failure());
    stream->push([this, context, slot = command.header.slot](
                     const std::stop_token&) { answerSlot(slot, context->failure()); },
                 std::move(after));
}

void Session::queryStream(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::OnStream>();
    const auto stream = body ? context->stream(body->stream) : nullptr;
    if (stream == nullptr)
        return refuse(command, protocol::InvalidHandle);
    const bool idle = stream->idle() && context->orderBefore(body->stream).empty();
    answer(command, idle ? protocol::Success : protocol::NotReady);
}

void Session::waitEvent(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::OnStream>();
    const auto stream = body ? context->stream(body->stream) : nullptr;
    if (stream == nullptr)
        return refuse(command, protocol::InvalidHandle);
    // The event may belong to another context of this client (peer devices).
    std::shared_ptr<Event> event;
    for (const auto& [handle, other] : m_contexts)
        if (event = eventOf(*other, body->value); event != nullptr)
            break;
    if (event == nullptr)
        return refuse(command, protocol::InvalidHandle);
    if (event->point.reached())
        return;
    auto after = context->orderBefore(body->stream);
    after.push_back(event->point);
    stream->push([](const std::stop_token&) { }, std::move(after));
}

void Session::createEvent(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto handle = nextHandle();
    context->events[handle] = std::make_shared<Event>();
    answerWith(command, protocol::Handle {handle});
}

void Session::destroyEvent(const Command& command)
{
    Context* context = contextOf(command);
    const auto body = command.as<protocol::Handle>();
    if (context == nullptr || !body || context->events.erase(body->value) == 0)
        return refuse(command, protocol::InvalidHandle);
    answer(command, protocol::Success);
}

void Session::recordEvent(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::OnStream>();
    const auto stream = body ? context->stream(body->stream) : nullptr;
    const auto event = body ? eventOf(*context, body->value) : nullptr;
    if (stream == nullptr || event == nullptr)
        return refuse(command, protocol::InvalidHandle);
    // A new recording is a new value: the work of the last one may still hold it.
    auto recorded = std::make_shared<Event>();
    context->events[body->value] = recorded;
    const auto position
        = stream->push([reached = recorded->reachedAt](
                           const std::stop_token&) { *reached = std::chrono::steady_clock::now(); },
                       context->orderBefore(body->stream));
    recorded->point = {stream, position};
}

void Session::synchronizeEvent(const Command& command)
{
    Context* context = contextOf(command);
    const auto body = command.as<protocol::Handle>();
    const auto event = context != nullptr && body ? eventOf(*context, body->value) : nullptr;
    if (event == nullptr)
        return refuse(command, protocol::InvalidHandle);
    if (event->point.reached())
        return answer(command, context->failure());
    // A stream of its own, so that work pushed after the event is not waited for.
    context->waiter().push([this, context, slot = command.header.slot](
                               const std::stop_token&) { answerSlot(slot, context->failure()); },
                           {event->point});
}

void Session::queryEvent(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::Handle>();
    const auto event = body ? eventOf(*context, body->value) : nullptr;
    if (event == nullptr)
        return refuse(command, protocol::InvalidHandle);
    answer(command, event->point.reached() ? protocol::Success : protocol::NotReady);
}

void Session::elapsedTime(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::Elapsed>();
    const auto start = body ? eventOf(*context, body->start) : nullptr;
    const auto end = body ? eventOf(*context, body->end) : nullptr;
    if (start == nullptr || end == nullptr || start->point.stream == nullptr
        || end->point.stream == nullptr)
        return refuse(command, protocol::InvalidHandle);
    if (!start->point.reached() || !end->point.reached())
        return refuse(command, protocol::NotReady);
    const std::chrono::duration<double, std::milli> span = *end->reachedAt - *start->reachedAt;
    answerWith(command, span.count());
}

void Session::hostCall(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::OnStream>();
    if (!body || context->stream(body->stream) == nullptr)
        return refuse(command, protocol::InvalidHandle);
    enqueue(*context, body->stream, [this, token = body->value](std::stop_token stop) {
        std::unique_lock lock(m_callMutex);
        const auto room = [this] { return m_callsOpen < protocol::callbackCount || m_closed; };
        if (!m_callChanged.wait(lock, stop, room) || m_closed)
            return;
        ++m_callsOpen;
        const std::uint32_t posted = m_callsPosted++;
        m_channel.callbacks[posted % protocol::callbackCount] = token;
        m_channel.callbacksPosted = m_callsPosted;
        protocol::futexWake(m_channel.callbacksPosted);
        m_callChanged.wait(lock, stop, [&] { return m_callsDone.contains(token) || m_closed; });
        m_callsDone.erase(token);
        --m_callsOpen;
        m_callChanged.notify_all();
    });
}

void Session::hostCallDone(const Command& command)
{
    const auto body = command.as<protocol::Handle>();
    if (!body)
        return;
    const std::lock_guard lock(m_callMutex);
    if (m_callsDone.size() < protocol::callbackCount) // more can only be made up
        m_callsDone.insert(body->value);
    m_callChanged.notify_all();
}

} // namespace emulator::gpu::server
