// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/Session.h"

#include "emulator/base/Log.h"
#include "emulator/gpu/protocol/Descriptors.h"
#include "emulator/gpu/protocol/Futex.h"

#include <sys/socket.h>

#include <vector>

namespace emulator::gpu::server {
namespace {

using protocol::Kind;

/// Looks this often at the ring before it sleeps: a program that launches again at once should not
/// pay for a wake-up.
constexpr int spins = 1000;
constexpr unsigned sleepMilliseconds = 1000;

} // namespace

Session::Session(std::uint64_t id, Devices& devices, protocol::Channel& channel, UniqueFd socket)
    : m_id(id)
    , m_devices(devices)
    , m_channel(channel)
    , m_socket(std::move(socket))
    , m_text(channel)
{
}

Session::~Session()
{
    close();
    m_contexts.clear(); // stops the work, then its memory may go
    m_devices.freeAll(m_id);
    // The client never heard of these: its last words are ours to say.
    for (auto piece = m_text.take(SIZE_MAX); !piece.text.empty(); piece = m_text.take(SIZE_MAX))
        if (piece.target == protocol::TextTarget::Error)
            log::error("gpud", piece.text.substr(0, piece.text.find_last_not_of('\n') + 1));
}

void Session::close()
{
    m_closed = true;
    m_channel.closed = 1;
    ++m_channel.doorbell;
    protocol::futexWake(m_channel.doorbell);
    protocol::futexWake(m_channel.room);
    m_callChanged.notify_all();
}

void Session::serve()
{
    std::vector<std::byte> message(protocol::messageLimit);
    std::uint64_t consumed = 0;
    while (!m_closed) {
        int left = spins;
        while (m_channel.written == consumed && left-- > 0)
            protocol::pause();
        if (m_channel.written == consumed) {
            const std::uint32_t bell = m_channel.doorbell;
            m_channel.serverSleeps = 1;
            if (m_channel.written == consumed && !m_closed)
                protocol::futexWait(m_channel.doorbell, bell, sleepMilliseconds);
            m_channel.serverSleeps = 0;
            continue;
        }
        Command command;
        const std::uint64_t available = m_channel.written - consumed;
        if (available < sizeof command.header || available > protocol::ringBytes)
            return close();
        protocol::copyOut(m_channel, consumed, &command.header, sizeof command.header);
        const std::uint32_t size = command.header.size;
        if (size < sizeof command.header || size > protocol::messageLimit || size > available
            || size % 8 != 0)
            return close();
        const std::size_t bodySize = size - sizeof command.header;
        protocol::copyOut(m_channel, consumed + sizeof command.header, message.data(), bodySize);
        command.body = {message.data(), bodySize};
        consumed += size;
        m_channel.consumed = consumed;
        ++m_channel.room;
        protocol::futexWake(m_channel.room);
        handle(command);
    }
}

Session::Handler Session::handlerOf(Kind kind)
{
    static constexpr std::array<Handler, static_cast<std::size_t>(Kind::Count)> handlers {
        &Session::queryDevice,
        &Session::queryUsage,
        &Session::queryProcesses,
        &Session::createContext,
        &Session::destroyContext,
        &Session::loadModule,
        &Session::unloadModule,
        &Session::findFunction,
        &Session::functionAt,
        &Session::findVariable,
        &Session::allocate,
        &Session::free,
        &Session::freeOnStream,
        &Session::shareHost,
        &Session::free,
        &Session::findAllocation,
        &Session::drain,
        &Session::copy,
        &Session::copyInline,
        &Session::fill,
        &Session::createStream,
        &Session::destroyStream,
        &Session::synchronizeStream,
        &Session::queryStream,
        &Session::waitEvent,
        &Session::createEvent,
        &Session::destroyEvent,
        &Session::recordEvent,
        &Session::synchronizeEvent,
        &Session::queryEvent,
        &Session::elapsedTime,
        &Session::synchronizeContext,
        &Session::launch,
        &Session::hostCall,
        &Session::hostCallDone,
        &Session::fetchText,
    };
    const auto index = static_cast<std::size_t>(kind);
    return index < handlers.size() ? handlers[index] : nullptr;
}

void Session::handle(const Command& command)
{
    const Handler handler = handlerOf(command.header.kind);
    if (handler == nullptr)
        return refuse(command, protocol::InvalidValue);
    (this->*handler)(command);
}

void Session::answerSlot(std::uint16_t slot, std::int32_t code, const void* data, std::size_t size)
{
    if (slot >= protocol::slotCount)
        return;
    auto& answer = m_channel.answers[slot];
    assert(size <= protocol::slotBytes);
    answer.status = code;
    answer.size = static_cast<std::uint32_t>(size);
    if (size > 0)
        std::memcpy(answer.data.data(), data, size);
    answer.done.store(1, std::memory_order_release);
    protocol::futexWake(answer.done);
}

void Session::answer(const Command& command, std::int32_t code, const void* data, std::size_t size)
{
    answerSlot(command.header.slot, code, data, size);
}

void Session::refuse(const Command& command, std::int32_t code)
{
    if (command.header.slot == protocol::noSlot) {
        if (Context* context = contextOf(command); context != nullptr)
            context->fail(code);
        return;
    }
    answer(command, code);
}

Context* Session::contextOf(const Command& command)
{
    const auto found = m_contexts.find(command.header.context);
    return found == m_contexts.end() ? nullptr : found->second.get();
}

Context* Session::healthy(const Command& command)
{
    Context* context = contextOf(command);
    if (context == nullptr) {
        refuse(command, protocol::InvalidContext);
        return nullptr;
    }
    if (const auto failure = context->failure(); failure != 0) {
        refuse(command, failure);
        return nullptr;
    }
    return context;
}

void Session::enqueue(Context& context, std::uint64_t stream, Stream::Work work)
{
    context.stream(stream)->push(
        [&context, work = std::move(work)](std::stop_token stop) {
            if (context.failure() == 0)
                work(std::move(stop));
        },
        context.orderBefore(stream));
}

void Session::whenIdle(Context& context, const Command& command, std::function<std::int32_t()> last)
{
    const auto busy = context.busyStreams();
    const auto finish = [this, &context, slot = command.header.slot, last = std::move(last)] {
        std::int32_t code = context.failure();
        if (const auto own = last ? last() : 0; code == 0)
            code = own;
        answerSlot(slot, code);
    };
    if (busy.empty())
        return finish();
    const auto left = std::make_shared<std::atomic<std::size_t>>(busy.size());
    for (const auto& stream : busy)
        stream->push([left, finish](const std::stop_token&) {
            if (--*left == 0)
                finish();
        });
}

UniqueFd Session::takeDescriptor()
{
    std::uint64_t tag = 0;
    int fd = -1;
    if (protocol::receiveWith(m_socket.get(), &tag, sizeof tag, &fd, 1, MSG_DONTWAIT) != 1)
        return {};
    return UniqueFd(fd);
}

} // namespace emulator::gpu::server
