// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Commands about modules, kernels and variables.

#include "emulator/base/Log.h"
#include "emulator/gpu/ptx/Module.h"
#include "emulator/gpu/server/FatBinary.h"
#include "emulator/gpu/server/Session.h"

#include <unistd.h>

#include <algorithm>

namespace emulator::gpu::server {
namespace {

constexpr std::uint64_t imageLimit = 2ULL << 30U;

/// Copies the image: the client could change it while it is being read.
Result<std::string> readAll(const UniqueFd& file, std::uint64_t size)
{
    std::string out;
    if (size > imageLimit)
        return Error(ErrorCode::Invalid, "the image is larger than 2 GiB");
    out.resize(size);
    std::size_t got = 0;
    while (got < size) {
        const auto part
            = ::pread(file.get(), out.data() + got, size - got, static_cast<off_t>(got));
        if (part <= 0)
            return Error(ErrorCode::Invalid, "the image is shorter than announced");
        got += static_cast<std::size_t>(part);
    }
    return out;
}

Result<std::vector<std::shared_ptr<const ptx::Module>>> parseAll(const ModuleImage& image,
                                                                 const std::string& name)
{
    std::vector<std::shared_ptr<const ptx::Module>> modules;
    for (std::size_t i = 0; i < image.texts.size(); ++i) {
        std::string part = name;
        if (image.texts.size() > 1)
            part += "#" + std::to_string(i + 1);
        TRY_ASSIGN(auto module, ptx::parse(image.texts[i].ptx, part));
        modules.push_back(std::move(module));
    }
    return modules;
}

std::int32_t codeOf(const Error& error, std::int32_t otherwise)
{
    switch (error.code()) {
    case ErrorCode::Exhausted:
        return protocol::OutOfMemory;
    case ErrorCode::NotFound:
        return protocol::NotFound;
    default:
        return otherwise;
    }
}

std::string textOf(const std::array<char, 64>& name)
{
    return {name.data(), ::strnlen(name.data(), name.size())};
}

} // namespace

void Session::loadModule(const Command& command)
{
    const UniqueFd file = takeDescriptor();
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::LoadModule>();
    if (!body || !file)
        return refuse(command, protocol::InvalidValue);
    const auto complain = [&](std::int32_t code, const Error& error) {
        const std::string text = error.message() + "\n";
        log::warning("gpud", "load module: " + error.message());
        m_text.add(protocol::TextTarget::Error, "slipway-gpu: load module: " + text);
        answer(command, code, text.data(),
               std::min(text.size(), std::size_t {protocol::slotBytes}));
    };
    std::string name = textOf(body->name);
    if (name.empty())
        name = "module";
    auto octets = readAll(file, body->size);
    if (!octets)
        return complain(protocol::InvalidImage, octets.error());
    const auto image = readImage(*octets, name);
    if (!image)
        return complain(image.error().code() == ErrorCode::Unsupported ? protocol::NoBinaryForGpu
                                                                       : protocol::InvalidImage,
                        image.error());
    auto parsed = parseAll(*image, name);
    if (!parsed)
        return complain(protocol::InvalidPtx, parsed.error());
    auto loaded = device::LoadedModule::load(*std::move(parsed), m_devices.memory());
    if (!loaded)
        return complain(codeOf(loaded.error(), protocol::InvalidPtx), loaded.error());
    const auto handle = nextHandle();
    context->modules[handle].loaded = *std::move(loaded);
    answerWith(command, protocol::Handle {handle});
}

void Session::unloadModule(const Command& command)
{
    Context* context = contextOf(command);
    const auto body = command.as<protocol::Handle>();
    if (context == nullptr || !body)
        return refuse(command, protocol::InvalidContext);
    const auto found = context->modules.find(body->value);
    if (found == context->modules.end())
        return refuse(command, protocol::InvalidHandle);
    for (const auto& [name, kernel] : found->second.kernels)
        context->kernels.erase(kernel);
    context->modules.erase(found); // launches that are queued keep the module alive
    answer(command, protocol::Success);
}

void Session::answerFunction(const Command& command, Context& context, ModuleEntry& module,
                             const device::KernelInfo& info)
{
    auto& handle = module.kernels[info.name];
    if (handle == 0) {
        handle = nextHandle();
        context.kernels[handle] = {module.loaded, &info};
    }
    protocol::Function head;
    head.handle = handle;
    head.parameterCount = static_cast<std::uint32_t>(
        std::min<std::size_t>(info.parameters.size(), protocol::parameterLimit));
    head.parameterBytes = info.parameterBytes;
    head.staticSharedBytes = info.staticSharedBytes;
    head.localBytes = info.localBytes;
    head.constantBytes = info.constantBytes;
    head.registers = info.registers;
    head.maxThreadsPerBlock = info.maxThreadsPerBlock;
    std::string reply(sizeof head, '\0');
    for (std::uint32_t i = 0; i < head.parameterCount; ++i) {
        const protocol::Parameter parameter {info.parameters[i].offset, info.parameters[i].size};
        reply.append(reinterpret_cast<const char*>(&parameter), sizeof parameter);
    }
    const std::size_t room = protocol::slotBytes - reply.size();
    head.nameSize = static_cast<std::uint32_t>(std::min(info.name.size(), room));
    reply.append(info.name, 0, head.nameSize);
    std::memcpy(reply.data(), &head, sizeof head);
    answer(command, protocol::Success, reply.data(), reply.size());
}

void Session::findFunction(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::Named>();
    const auto name = body ? command.after<protocol::Named>(body->nameSize) : std::nullopt;
    if (!name)
        return refuse(command, protocol::InvalidValue);
    const auto module = context->modules.find(body->module);
    if (module == context->modules.end())
        return refuse(command, protocol::InvalidHandle);
    const auto* info = module->second.loaded->kernel(*name);
    if (info == nullptr)
        return refuse(command, protocol::NotFound);
    answerFunction(command, *context, module->second, *info);
}

void Session::functionAt(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::Indexed>();
    if (!body)
        return refuse(command, protocol::InvalidValue);
    const auto module = context->modules.find(body->module);
    if (module == context->modules.end())
        return refuse(command, protocol::InvalidHandle);
    const auto& kernels = module->second.loaded->kernels();
    if (body->index >= kernels.size())
        return refuse(command, protocol::NotFound);
    answerFunction(command, *context, module->second, kernels[body->index]);
}

void Session::findVariable(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::Named>();
    const auto name = body ? command.after<protocol::Named>(body->nameSize) : std::nullopt;
    if (!name)
        return refuse(command, protocol::InvalidValue);
    const auto module = context->modules.find(body->module);
    if (module == context->modules.end())
        return refuse(command, protocol::InvalidHandle);
    const auto symbol = module->second.loaded->symbol(*name);
    if (!symbol)
        return refuse(command, protocol::NotFound);
    answerWith(command, protocol::Range {symbol->address, symbol->size});
}

} // namespace emulator::gpu::server
