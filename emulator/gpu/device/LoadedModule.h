// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"
#include "emulator/gpu/device/Memory.h"
#include "emulator/gpu/ptx/Module.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::gpu::device {

/// One parameter of a kernel, as laid out in its parameter buffer (PTX ISA 5.1.6).
struct KernelParameter {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    std::uint32_t alignment = 1;
};

/// What the driver API tells about a kernel (cuFuncGetAttribute, cuFuncGetParamInfo).
struct KernelInfo {
    std::string name; ///< as in PTX: mangled
    std::vector<KernelParameter> parameters;
    std::uint32_t parameterBytes = 0;
    std::uint32_t staticSharedBytes = 0;
    std::uint32_t localBytes = 0;
    std::uint32_t constantBytes = 0;
    std::uint32_t registers = 0; ///< an estimate from the PTX, per thread
    std::uint32_t maxThreadsPerBlock = 1024; ///< .maxntid, or the card's limit
};

/// A global or constant variable of a module, in device memory.
struct Symbol {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
};

/// PTX modules linked together and placed in device memory: what cuModuleLoadData makes. The same
/// value serves every executor. Immutable once loaded.
class LoadedModule {
public:
    /// Links `modules` (extern against definition; .weak and .common merge; Invalid on an undefined
    /// or doubled symbol, by name), allocates and initialises their variables in `memory`.
    [[nodiscard]] static Result<std::shared_ptr<const LoadedModule>>
    load(std::vector<std::shared_ptr<const ptx::Module>> modules, Memory& memory);
    ~LoadedModule();

    [[nodiscard]] const std::vector<KernelInfo>& kernels() const;
    [[nodiscard]] const KernelInfo* kernel(std::string_view name) const;
    /// NotFound by name.
    [[nodiscard]] Result<Symbol> symbol(std::string_view name) const;

    LoadedModule(const LoadedModule&) = delete;
    LoadedModule& operator=(const LoadedModule&) = delete;

    /// What executors read: private to this room.
    struct Image;
    [[nodiscard]] const Image& image() const { return *m_image; }

private:
    explicit LoadedModule(std::unique_ptr<Image> image);

    std::unique_ptr<Image> m_image;
};

} // namespace emulator::gpu::device
