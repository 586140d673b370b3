// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/device/Builtins.h"

#include "emulator/gpu/device/Access.h"

#include <bit>
#include <cstring>

namespace emulator::gpu::device {
namespace {

std::byte* place(Warp& warp, const CallPlan::Value& value, unsigned lane)
{
    if (value.isRow)
        return warp.row(value.row) + std::size_t {lane} * value.size;
    const Frame& frame = warp.frame();
    return warp.frame().parameters.data() + std::size_t {lane} * frame.code->parameterBytes
        + value.offset;
}

std::uint64_t argument(Warp& warp, const CallPlan& plan, std::size_t index, unsigned lane)
{
    std::uint64_t bits = 0;
    if (index < plan.arguments.size()) {
        const CallPlan::Value& value = plan.arguments[index];
        std::memcpy(&bits, place(warp, value, lane), std::min(value.size, 8U));
    }
    return bits;
}

void giveBack(Warp& warp, const CallPlan& plan, unsigned lane, std::uint64_t bits)
{
    if (!plan.returns.empty())
        std::memcpy(place(warp, plan.returns[0], lane), &bits, std::min(plan.returns[0].size, 8U));
}

void assertFailed(Warp& warp, const Op& op, const CallPlan& plan, unsigned lane)
{
    const std::string text = readText(warp, lane, argument(warp, plan, 0, lane));
    const std::string file = readText(warp, lane, argument(warp, plan, 1, lane));
    const std::string function = readText(warp, lane, argument(warp, plan, 3, lane));
    warp.fault(FaultKind::Assert, op, lane, 0,
               file + ":" + std::to_string(argument(warp, plan, 2, lane)) + ": " + function
                   + ": Assertion `" + text + "` failed");
}

} // namespace

void callBuiltin(Warp& warp, const Op& op, const CallPlan& plan, Builtin builtin,
                 std::uint32_t exec)
{
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
        const auto lane = static_cast<unsigned>(std::countr_zero(rest));
        const std::uint64_t first = argument(warp, plan, 0, lane);
        switch (builtin) {
        case Builtin::Vprintf: {
            const std::string text = formatPrint(warp, lane, first, argument(warp, plan, 1, lane));
            warp.launch().printText(text);
            giveBack(warp, plan, lane, text.size());
            break;
        }
        case Builtin::Assertfail:
            return assertFailed(warp, op, plan, lane);
        case Builtin::Malloc:
            giveBack(warp, plan, lane, first == 0 ? 0 : warp.launch().allocateOnHeap(first));
            break;
        case Builtin::Free:
            if (first != 0 && !warp.launch().freeOnHeap(first))
                return warp.fault(FaultKind::IllegalAddress, op, lane, first,
                                  "free of something that malloc did not give");
            break;
        case Builtin::None:
            break;
        }
    }
}

std::string readText(Warp& warp, unsigned lane, std::uint64_t address)
{
    constexpr std::size_t longest = 1U << 20U;
    std::string text;
    while (text.size() < longest) {
        const std::byte* at = tryResolve(warp, lane, ptx::Space::Generic, address + text.size(), 1);
        if (at == nullptr || *at == std::byte {0})
            break;
        text += static_cast<char>(*at);
    }
    return text;
}

} // namespace emulator::gpu::device
