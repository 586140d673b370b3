// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/device/Code.h"
#include "emulator/gpu/device/LoadedModule.h"

#include <map>
#include <string>
#include <unordered_map>

namespace emulator::gpu::device {

/// A linked module: every name resolved, every variable placed, every kernel decoded.
struct LoadedModule::Image {
    /// A function of one of the modules. An extern one without body is a builtin.
    struct FunctionRef {
        const ptx::Module* module = nullptr;
        const ptx::Function* function = nullptr;
        Builtin builtin = Builtin::None;
    };
    /// What a name means inside one module: internal names are its own.
    struct Scope {
        std::unordered_map<std::string, std::uint32_t> functions;
        std::unordered_map<std::string, Symbol> variables;
        std::unordered_map<std::string, const ptx::Variable*> shared;
    };

    Memory* memory = nullptr;
    std::vector<std::shared_ptr<const ptx::Module>> modules;
    std::vector<FunctionRef> functions;
    std::vector<Scope> scopes; ///< by module
    std::map<std::string, Symbol, std::less<>> symbols;
    std::vector<std::uint64_t> allocations;
    std::vector<KernelInfo> kernels;
    std::map<std::string, std::size_t, std::less<>> kernelByName;
    std::vector<std::unique_ptr<Program>> programs; ///< by kernel
    std::uint32_t constantBytes = 0;

    [[nodiscard]] std::size_t numberOf(const ptx::Module* module) const;

    Image() = default;
    ~Image();
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;
};

} // namespace emulator::gpu::device
