// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Launching kernels, and what happens when one dies.

#include "emulator/base/Log.h"
#include "emulator/gpu/protocol/Occupancy.h"
#include "emulator/gpu/server/Session.h"

#include <string>

namespace emulator::gpu::server {
namespace {

struct FaultCode {
    std::int32_t code;
    const char* name;
};

FaultCode codeOf(device::FaultKind kind)
{
    switch (kind) {
    case device::FaultKind::IllegalAddress:
        return {protocol::IllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS"};
    case device::FaultKind::MisalignedAddress:
        return {protocol::MisalignedAddress, "CUDA_ERROR_MISALIGNED_ADDRESS"};
    case device::FaultKind::IllegalInstruction:
        return {protocol::IllegalInstruction, "CUDA_ERROR_ILLEGAL_INSTRUCTION"};
    case device::FaultKind::Assert:
        return {protocol::Assert, "CUDA_ERROR_ASSERT"};
    case device::FaultKind::StackOverflow:
        return {protocol::HardwareStackError, "CUDA_ERROR_HARDWARE_STACK_ERROR"};
    case device::FaultKind::Deadlock:
    case device::FaultKind::Cancelled:
        return {protocol::LaunchTimeout, "CUDA_ERROR_LAUNCH_TIMEOUT"};
    case device::FaultKind::Trap:
        break;
    }
    return {protocol::LaunchFailed, "CUDA_ERROR_LAUNCH_FAILED"};
}

device::Dim3 dimensions(const std::array<std::uint32_t, 3>& sizes)
{
    return {sizes[0], sizes[1], sizes[2]};
}

/// The limits of a launch (CUDA C++ Programming Guide, Technical Specifications); 0 when it fits.
std::int32_t check(const protocol::Launch& launch, const device::KernelInfo& kernel,
                   const protocol::DeviceFigures& figures)
{
    const auto grid = dimensions(launch.grid);
    const auto block = dimensions(launch.block);
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || block.x == 0 || block.y == 0 || block.z == 0
        || grid.x > 0x7fffffff || grid.y > 65535 || grid.z > 65535 || block.x > 1024
        || block.y > 1024 || block.z > 64 || block.count() > 1024)
        return protocol::InvalidValue;
    if (launch.parameterBytes != kernel.parameterBytes)
        return protocol::InvalidValue;
    if (block.count() > kernel.maxThreadsPerBlock)
        return protocol::LaunchOutOfResources;
    if (std::uint64_t {launch.dynamicSharedBytes} + kernel.staticSharedBytes
        > static_cast<std::uint64_t>(figures.sharedBytesPerBlockOptin))
        return protocol::InvalidValue;
    if (launch.cooperative != 0) {
        protocol::Function needs;
        needs.registers = kernel.registers;
        needs.staticSharedBytes = kernel.staticSharedBytes;
        const auto resident = static_cast<std::uint64_t>(protocol::residentBlocks(
            figures, needs, static_cast<std::int32_t>(block.count()), launch.dynamicSharedBytes));
        if (grid.count() > resident * static_cast<std::uint64_t>(figures.multiprocessors))
            return protocol::CooperativeLaunchTooLarge;
    }
    return 0;
}

} // namespace

void Session::launch(const Command& command)
{
    Context* context = healthy(command);
    if (context == nullptr)
        return;
    const auto body = command.as<protocol::Launch>();
    const auto parameters
        = body ? command.after<protocol::Launch>(body->parameterBytes) : std::nullopt;
    if (!parameters)
        return refuse(command, protocol::InvalidValue);
    const auto kernel = context->kernels.find(body->function);
    if (kernel == context->kernels.end() || context->stream(body->stream) == nullptr)
        return refuse(command, protocol::InvalidHandle);
    const auto& figures = m_devices.at(context->device()).figures();
    if (const auto code = check(*body, *kernel->second.info, figures); code != 0)
        return refuse(command, code);
    device::LaunchPlan plan;
    plan.module = kernel->second.module;
    plan.kernel = kernel->second.info->name;
    plan.grid = dimensions(body->grid);
    plan.block = dimensions(body->block);
    plan.dynamicSharedBytes = body->dynamicSharedBytes;
    plan.parameters = *parameters;
    plan.cooperative = body->cooperative != 0;
    if (body->heapBytes > 0)
        plan.heapBytes = std::min<std::uint64_t>(body->heapBytes, figures.memoryBytes / 2);
    enqueue(*context, body->stream, [this, context, plan = std::move(plan)](std::stop_token stop) {
        runKernel(*context, plan, std::move(stop));
    });
    answer(command, protocol::Success);
}

void Session::runKernel(Context& context, const device::LaunchPlan& plan, std::stop_token stop)
{
    Device& device = m_devices.at(context.device());
    device.kernelBegins();
    const auto outcome = device.executor().run(
        plan, m_devices.memory(),
        [this](std::string_view text) { m_text.add(protocol::TextTarget::Output, text); }, stop);
    device.kernelEnds(outcome);
    if (!outcome.fault || stop.stop_requested())
        return;
    const auto [code, name] = codeOf(outcome.fault->kind);
    const std::string line
        = std::string(name) + " (" + std::to_string(code) + "): " + outcome.fault->message;
    log::warning("gpud", "client " + std::to_string(m_id) + ": " + line);
    m_text.add(protocol::TextTarget::Error, "slipway-gpu: " + line + "\n");
    context.fail(code);
}

} // namespace emulator::gpu::server
