// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Whatever the text, the parser and the linker answer and do not crash.

#include "emulator/gpu/device/LoadedModule.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace emulator::gpu;
    static const auto memory = device::Memory::create(std::uint64_t {1} << 30U);
    auto parsed = ptx::parse({reinterpret_cast<const char*>(data), size}, "fuzz.ptx");
    if (parsed && memory)
        (void)device::LoadedModule::load({*parsed}, **memory);
    return 0;
}
