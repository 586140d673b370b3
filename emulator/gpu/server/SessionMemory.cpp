// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Commands about memory: allocations, copies, fills.

#include "emulator/gpu/server/Session.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

namespace emulator::gpu::server {
namespace {

/// Device addresses are addresses of this process.
std::byte* at(std::uint64_t address)
{
    return reinterpret_cast<std::byte*>(address); // NOLINT(performance-no-int-to-ptr)
}

/// A box of rows in memory; sizes come from the client.
struct Box {
    std::uint64_t address = 0;
    std::uint64_t width = 0;
    std::uint64_t height = 1;
    std::uint64_t depth = 1;
    std::uint64_t pitch = 0;
    std::uint64_t slice = 0;

    /// The octets from the first to the last; nothing when that overflows or rows overlap.
    [[nodiscard]] std::optional<std::uint64_t> extent() const
    {
        std::uint64_t rows = 0;
        std::uint64_t slices = 0;
        std::uint64_t sum = 0;
        if ((height > 1 && pitch < width) || __builtin_mul_overflow(height - 1, pitch, &rows)
            || __builtin_add_overflow(rows, width, &rows) || (depth > 1 && slice < rows)
            || __builtin_mul_overflow(depth - 1, slice, &slices)
            || __builtin_add_overflow(rows, slices, &sum))
            return std::nullopt;
        return sum;
    }

    [[nodiscard]] bool empty() const { return width == 0 || height == 0 || depth == 0; }

    [[nodiscard]] bool inside(const device::Memory& memory) const
    {
        const auto size = extent();
        return size && memory.contains(address, *size);
    }
};

void copyBox(const protocol::Copy& copy)
{
    for (std::uint64_t z = 0; z < copy.depth; ++z)
        for (std::uint64_t y = 0; y < copy.height; ++y)
            std::memmove(
                at(copy.destination + z * copy.destinationSlice + y * copy.destinationPitch),
                at(copy.source + z * copy.sourceSlice + y * copy.sourcePitch), copy.width);
}

template<typename T>
void fillRow(std::uint64_t address, std::uint64_t count, std::uint32_t value)
{
    std::fill_n(reinterpret_cast<T*>(at(address)), count, static_cast<T>(value));
}

void fillBox(const protocol::Fill& fill)
{
    for (std::uint64_t y = 0; y < fill.height; ++y) {
        const std::uint64_t row = fill.destination + y * fill.pitch;
        if (fill.elementSize == 1)
            std::memset(at(row), static_cast<int>(fill.value & 0xffU), fill.width);
        else if (fill.elementSize == 2)
            fillRow<std::uint16_t>(row, fill.width, fill.value);
        else
            fillRow<std::uint32_t>(row, fill.width, fill.value);
    }
}

/// A memfd that cannot shrink under us: touching a page beyond its end would kill this process.
bool isSolid(const UniqueFd& file, std::uint64_t size)
{
    struct stat status {};
    const int seals = ::fcntl(file.get(), F_GET_SEALS);
    return seals >= 0 && (seals & F_SEAL_SHRINK) != 0 && ::fstat(file.get(), &status) == 0
        && status.st_size >= 0 && static_cast<std::uint64_t>(status.st_size) >= size;
}

} // namespace

void Session::allocate(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::Allocate>();
    if (!body || body->size == 0 || body->kind > protocol::AllocationKind::Managed)
        return refuse(command, protocol::InvalidValue);
    const auto address = m_devices.allocate(body->size, body->kind,
                                            {m_id, command.header.context, context->device()});
    if (!address)
        return refuse(command, protocol::OutOfMemory);
    answerWith(command, protocol::Handle {*address});
}

void Session::free(const Command& command)
{
    Context* context = contextOf(command);
    const auto body = command.as<protocol::Handle>();
    if (context == nullptr || !body)
        return refuse(command, protocol::InvalidContext);
    const auto info = m_devices.find(body->value, m_id);
    if (!info || info->address != body->value || info->context == 0)
        return refuse(command,
                      context->failure() != 0 ? context->failure()
                                              : std::int32_t {protocol::InvalidValue});
    // Kernels that are queued may still use it, in whichever context it was made.
    const auto owner = m_contexts.find(info->context);
    Context& user = owner == m_contexts.end() ? *context : *owner->second;
    whenIdle(user, command, [this, address = body->value] {
        return m_devices.free(address, m_id) ? protocol::Success : protocol::InvalidValue;
    });
}

void Session::freeOnStream(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::OnStream>();
    if (!body || context->stream(body->stream) == nullptr)
        return refuse(command, protocol::InvalidHandle);
    const auto info = m_devices.find(body->value, m_id);
    if (!info || info->address != body->value || info->context == 0
        || info->kind == protocol::AllocationKind::Host)
        return refuse(command, protocol::InvalidValue);
    enqueue(*context, body->stream, [this, address = body->value](const std::stop_token&) {
        static_cast<void>(m_devices.free(address, m_id));
    });
    answer(command, protocol::Success);
}

void Session::shareHost(const Command& command)
{
    const UniqueFd file = takeDescriptor();
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::ShareHost>();
    if (!body || !file || body->size == 0 || body->size > (1ULL << 40U)
        || !isSolid(file, body->size))
        return refuse(command, protocol::InvalidValue);
    if (auto adopted = m_devices.memory().adopt(body->address, body->size, file); !adopted)
        return refuse(command, protocol::OutOfMemory);
    m_devices.noteHost(body->address, body->size,
                       {m_id, command.header.context, context->device()});
    answer(command, protocol::Success);
}

void Session::findAllocation(const Command& command)
{
    const auto body = command.as<protocol::Handle>();
    const auto info = body ? m_devices.find(body->value, m_id) : std::nullopt;
    if (!info)
        return refuse(command, protocol::InvalidValue);
    answerWith(command, *info);
}

void Session::drain(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::Drain>();
    const auto stream = body ? context->stream(body->stream) : nullptr;
    if (stream == nullptr)
        return refuse(command, protocol::InvalidHandle);
    for (const auto& range : {body->first, body->second})
        if (range.size > 0 && !m_devices.memory().contains(range.address, range.size))
            return refuse(command, protocol::InvalidValue);
    auto after = context->orderBefore(body->stream);
    if (after.empty() && stream->idle())
        return answer(command, context->failure());
    stream->push([this, context, slot = command.header.slot](
                     const std::stop_token&) { answerSlot(slot, context->failure()); },
                 std::move(after));
}

void Session::copy(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::Copy>();
    if (!body || context->stream(body->stream) == nullptr)
        return refuse(command, protocol::InvalidHandle);
    const Box to {body->destination,      body->width,           body->height, body->depth,
                  body->destinationPitch, body->destinationSlice};
    const Box from {body->source, body->width,       body->height,
                    body->depth,  body->sourcePitch, body->sourceSlice};
    if (to.empty())
        return answer(command, protocol::Success);
    device::Memory& memory = m_devices.memory();
    if (!to.inside(memory) || !from.inside(memory))
        return refuse(command, protocol::InvalidValue);
    enqueue(*context, body->stream,
            [context, copy = *body, to, from, &memory](const std::stop_token&) {
                // Something may have been freed while this waited for its turn.
                if (to.inside(memory) && from.inside(memory))
                    copyBox(copy);
                else
                    context->fail(protocol::IllegalAddress);
            });
    answer(command, protocol::Success);
}

void Session::copyInline(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::CopyInline>();
    const auto data = body ? command.after<protocol::CopyInline>(body->size) : std::nullopt;
    if (!data)
        return refuse(command, protocol::InvalidValue);
    if (context->stream(body->stream) == nullptr)
        return refuse(command, protocol::InvalidHandle);
    device::Memory& memory = m_devices.memory();
    if (!memory.contains(body->destination, body->size))
        return refuse(command, protocol::InvalidValue);
    enqueue(*context, body->stream,
            [context, to = body->destination, text = std::string(*data),
             &memory](const std::stop_token&) {
                if (memory.contains(to, text.size()))
                    std::memcpy(at(to), text.data(), text.size());
                else
                    context->fail(protocol::IllegalAddress);
            });
    answer(command, protocol::Success);
}

void Session::fill(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::Fill>();
    if (!body || context->stream(body->stream) == nullptr)
        return refuse(command, protocol::InvalidHandle);
    const auto size = body->elementSize;
    std::uint64_t width = 0;
    if ((size != 1 && size != 2 && size != 4) || body->destination % size != 0
        || body->pitch % size != 0
        || __builtin_mul_overflow(body->width, std::uint64_t {size}, &width))
        return refuse(command, protocol::InvalidValue);
    const Box box {body->destination, width, body->height, 1, body->pitch, 0};
    if (box.empty())
        return answer(command, protocol::Success);
    device::Memory& memory = m_devices.memory();
    if (!box.inside(memory))
        return refuse(command, protocol::InvalidValue);
    enqueue(*context, body->stream, [context, fill = *body, box, &memory](const std::stop_token&) {
        if (box.inside(memory))
            fillBox(fill);
        else
            context->fail(protocol::IllegalAddress);
    });
    answer(command, protocol::Success);
}

} // namespace emulator::gpu::server
