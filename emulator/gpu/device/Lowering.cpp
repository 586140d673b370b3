// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/device/Lowering.h"

#include "emulator/gpu/device/FunctionLowerer.h"
#include "emulator/gpu/device/Reach.h"

namespace emulator::gpu::device {

Result<std::unique_ptr<Program>> lower(const LoadedModule::Image& image, std::uint32_t kernel)
{
    const Reach reach = findReach(image, kernel);
    auto program = std::make_unique<Program>();
    program->entry = kernel;
    program->staticSharedBytes = reach.staticSharedBytes;
    program->codes.resize(image.functions.size());
    program->builtins.resize(image.functions.size(), Builtin::None);
    for (const std::uint32_t number : reach.functions) {
        const auto& ref = image.functions[number];
        program->builtins[number] = ref.builtin;
        if (ref.builtin != Builtin::None)
            continue;
        if (!ref.function->isDefined)
            return Error(ErrorCode::Invalid,
                         "link " + ref.module->name + ": undefined function " + ref.function->name);
        TRY_ASSIGN(program->codes[number], FunctionLowerer(image, reach, number).run());
    }
    return program;
}

} // namespace emulator::gpu::device
