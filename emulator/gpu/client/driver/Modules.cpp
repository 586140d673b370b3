// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// What a Driver knows of modules and functions.

#include "emulator/gpu/client/driver/Driver.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace emulator::gpu::client {
namespace {

/// A memfd that holds `content`; -1 when there is none to be had.
int fileOf(const std::string& content)
{
    const int file = ::memfd_create("slipway-gpu-module", MFD_CLOEXEC);
    std::size_t done = 0;
    while (file >= 0 && done < content.size()) {
        const auto part = ::write(file, content.data() + done, content.size() - done);
        if (part <= 0) {
            ::close(file);
            return -1;
        }
        done += static_cast<std::size_t>(part);
    }
    return file;
}

} // namespace

Result Driver::loadModule(Handle context, const std::string& image, Handle& out, std::string* log)
{
    const int file = fileOf(image);
    if (file < 0)
        return protocol::OutOfMemory;
    protocol::LoadModule message;
    message.size = image.size();
    std::strncpy(message.name.data(), program_invocation_short_name, message.name.size() - 1);
    std::vector<char> space(protocol::slotBytes);
    protocol::Reply reply {space.data(), space.size(), 0};
    const auto code = settle(
        m_connection->call(Kind::LoadModule, context, {{&message, sizeof message}}, &reply, file));
    ::close(file);
    if (code != 0) {
        if (log != nullptr)
            log->assign(space.data(), reply.size);
        return code;
    }
    protocol::Handle made;
    std::memcpy(&made, space.data(), sizeof made);
    out = made.value;
    const std::lock_guard lock(mutex);
    modules[out].context = context;
    return 0;
}

Result Driver::adoptFunction(Handle module, Handle contextHandle,
                             const std::vector<std::byte>& reply, Handle& out)
{
    auto state = std::make_shared<FunctionState>();
    if (reply.size() < sizeof state->head)
        return protocol::Unknown;
    std::memcpy(&state->head, reply.data(), sizeof state->head);
    const std::size_t parameters = state->head.parameterCount * sizeof(protocol::Parameter);
    if (reply.size() < sizeof state->head + parameters + state->head.nameSize)
        return protocol::Unknown;
    state->parameters.resize(state->head.parameterCount);
    if (parameters > 0)
        std::memcpy(state->parameters.data(), reply.data() + sizeof state->head, parameters);
    state->name.assign(reinterpret_cast<const char*>(reply.data()) + sizeof state->head
                           + parameters,
                       state->head.nameSize);
    state->module = module;
    state->context = contextHandle;
    const auto owner = context(contextHandle);
    state->device = owner == nullptr ? 0 : owner->device;
    const auto* card = figures(state->device);
    const int room = card->sharedBytesPerBlock - static_cast<int>(state->head.staticSharedBytes);
    state->dynamicSharedLimit = room > 0 ? room : 0;
    out = state->head.handle;
    const std::lock_guard lock(mutex);
    modules[module].functions[state->name] = out;
    functions.try_emplace(out, std::move(state));
    return 0;
}

Result Driver::findFunction(Handle module, const std::string& name, Handle& out)
{
    Handle owner = 0;
    {
        const std::lock_guard lock(mutex);
        const auto found = modules.find(module);
        if (found == modules.end())
            return protocol::InvalidHandle;
        owner = found->second.context;
        const auto known = found->second.functions.find(name);
        if (known != found->second.functions.end()) {
            out = known->second;
            return 0;
        }
    }
    const protocol::Named message {module, static_cast<std::uint32_t>(name.size()), 0};
    std::vector<std::byte> space(protocol::slotBytes);
    protocol::Reply reply {space.data(), space.size(), 0};
    const auto code = settle(
        m_connection->call(Kind::FindFunction, owner,
                           {{&message, sizeof message}, {name.data(), name.size()}}, &reply));
    if (code != 0)
        return code;
    space.resize(reply.size);
    return adoptFunction(module, owner, space, out);
}

std::shared_ptr<FunctionState> Driver::function(Handle handle)
{
    if ((handle & ownHandleBit) != 0) {
        KernelState kernel;
        {
            const std::lock_guard lock(mutex);
            const auto found = kernels.find(handle);
            if (found == kernels.end())
                return nullptr;
            kernel = found->second;
        }
        Handle module = 0;
        if (moduleOf(kernel.library, module) != 0 || findFunction(module, kernel.name, handle) != 0)
            return nullptr;
        auto state = function(handle);
        if (state != nullptr && kernel.dynamicSharedLimit > 0)
            state->dynamicSharedLimit = kernel.dynamicSharedLimit;
        return state;
    }
    const std::lock_guard lock(mutex);
    const auto found = functions.find(handle);
    return found == functions.end() ? nullptr : found->second;
}

Result Driver::moduleOf(Handle library, Handle& out)
{
    const auto current = currentContext();
    if (current == nullptr)
        return protocol::InvalidContext;
    std::string image;
    {
        const std::lock_guard lock(mutex);
        const auto found = libraries.find(library);
        if (found == libraries.end())
            return protocol::InvalidHandle;
        const auto loaded = found->second.modules.find(current->handle);
        if (loaded != found->second.modules.end()) {
            out = loaded->second;
            return 0;
        }
        image = found->second.image;
    }
    if (const auto code = loadModule(current->handle, image, out, nullptr); code != 0)
        return code;
    const std::lock_guard lock(mutex);
    if (const auto found = libraries.find(library); found != libraries.end())
        found->second.modules[current->handle] = out;
    return 0;
}

} // namespace emulator::gpu::client
