// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Linking: names across modules, places in device memory, initial values, then decoding.

#include "emulator/gpu/device/LoadedModule.h"

#include "emulator/gpu/device/Image.h"
#include "emulator/gpu/device/Lowering.h"
#include "emulator/gpu/device/Windows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace emulator::gpu::device {
namespace {

using ptx::Linkage;

Builtin builtinNamed(std::string_view name)
{
    if (name == "vprintf")
        return Builtin::Vprintf;
    if (name == "__assertfail")
        return Builtin::Assertfail;
    if (name == "malloc")
        return Builtin::Malloc;
    if (name == "free")
        return Builtin::Free;
    return Builtin::None;
}

/// Weaker definitions give way; two strong ones are an error.
int strength(Linkage linkage, bool defined)
{
    if (!defined || linkage == Linkage::Extern)
        return 0;
    return linkage == Linkage::Weak || linkage == Linkage::Common ? 1 : 2;
}

bool isShared(const ptx::Variable& variable)
{
    return variable.space == ptx::Space::Shared;
}

/// Resolves the names of all modules of one image.
class Linker {
public:
    explicit Linker(LoadedModule::Image& image)
        : m_image(image)
    {
    }

    Result<> run()
    {
        m_image.scopes.resize(m_image.modules.size());
        TRY(linkFunctions());
        TRY(linkVariables());
        return initialise();
    }

private:
    struct Found {
        int strength = -1;
        std::uint32_t function = 0;
        const ptx::Variable* variable = nullptr;
    };

    Result<> linkFunctions()
    {
        std::map<std::string, Found> global;
        for (std::size_t m = 0; m < m_image.modules.size(); ++m) {
            for (const ptx::Function& function : m_image.modules[m]->functions)
                TRY(addFunction(m, function, global));
        }
        for (std::size_t m = 0; m < m_image.modules.size(); ++m) {
            for (const ptx::Function& function : m_image.modules[m]->functions)
                TRY(resolveFunction(m, function, global));
        }
        return {};
    }

    Result<> addFunction(std::size_t m, const ptx::Function& function,
                         std::map<std::string, Found>& global)
    {
        const bool internal = function.linkage == Linkage::Internal && !function.isEntry;
        if (!function.isDefined)
            return {};
        const auto number = static_cast<std::uint32_t>(m_image.functions.size());
        if (internal) {
            if (!m_image.scopes[m].functions.emplace(function.name, number).second)
                return doubled(function.name);
        } else {
            Found& found = global[function.name];
            const int mine = strength(function.linkage, true);
            if (found.strength == 2 && mine == 2)
                return doubled(function.name);
            if (mine > found.strength)
                found = {.strength = mine, .function = number, .variable = nullptr};
        }
        m_image.functions.push_back({m_image.modules[m].get(), &function, Builtin::None});
        return {};
    }

    Result<> resolveFunction(std::size_t m, const ptx::Function& function,
                             std::map<std::string, Found>& global)
    {
        auto& mine = m_image.scopes[m].functions;
        if (mine.contains(function.name))
            return {};
        if (const auto found = global.find(function.name); found != global.end()) {
            mine[function.name] = found->second.function;
            return {};
        }
        // An undefined function is an error only where it is called: see Lowering.
        const auto number = static_cast<std::uint32_t>(m_image.functions.size());
        m_image.functions.push_back(
            {m_image.modules[m].get(), &function, builtinNamed(function.name)});
        mine[function.name] = number;
        return {};
    }

    Result<> linkVariables()
    {
        std::map<std::string, Found> global;
        for (const auto& module : m_image.modules) {
            for (const ptx::Variable& variable : module->variables) {
                if (variable.linkage == Linkage::Internal)
                    continue;
                const int mine = strength(variable.linkage, true);
                Found& found = global[variable.name];
                if (found.strength == 2 && mine == 2)
                    return doubled(variable.name);
                if (mine > found.strength
                    || (mine == found.strength && found.variable != nullptr
                        && variable.size > found.variable->size))
                    found = {.strength = mine, .function = 0, .variable = &variable};
            }
        }
        for (std::size_t m = 0; m < m_image.modules.size(); ++m) {
            for (const ptx::Variable& variable : m_image.modules[m]->variables)
                TRY(placeVariable(m, variable, global));
        }
        return {};
    }

    Result<> placeVariable(std::size_t m, const ptx::Variable& variable,
                           const std::map<std::string, Found>& global)
    {
        const auto found = global.find(variable.name);
        const bool internal = variable.linkage == Linkage::Internal;
        const ptx::Variable* definition = internal ? &variable : found->second.variable;
        auto& scope = m_image.scopes[m];
        if (isShared(*definition)) {
            scope.shared[variable.name] = definition;
            return {};
        }
        if (!internal && found->second.strength == 0)
            return Error(ErrorCode::Invalid,
                         "link " + m_image.modules[m]->name + ": undefined symbol "
                             + variable.name);
        auto placed = m_places.find(definition);
        if (placed == m_places.end()) {
            TRY_ASSIGN(const std::uint64_t address,
                       m_image.memory->allocate(std::max<std::uint64_t>(definition->size, 1),
                                                definition->alignment));
            m_image.allocations.push_back(address);
            placed = m_places.emplace(definition, Symbol {address, definition->size}).first;
            m_owners[definition] = m;
            if (definition->space == ptx::Space::Const)
                m_image.constantBytes += static_cast<std::uint32_t>(definition->size);
            m_image.symbols.emplace(definition->name, placed->second);
        }
        scope.variables[variable.name] = placed->second;
        if (!internal && definition == &variable)
            m_owners[definition] = m;
        return {};
    }

    Result<> initialise()
    {
        for (const auto& [variable, symbol] : m_places) {
            for (const ptx::Initial& item : variable->initial)
                TRY(write(*variable, symbol, item));
        }
        return {};
    }

    Result<> write(const ptx::Variable& variable, const Symbol& symbol, const ptx::Initial& item)
    {
        std::uint64_t value = item.bits;
        if (!item.symbol.empty()) {
            const auto& scope = m_image.scopes[m_owners[&variable]];
            if (const auto target = scope.variables.find(item.symbol);
                target != scope.variables.end())
                value += target->second.address;
            else if (const auto callee = scope.functions.find(item.symbol);
                     callee != scope.functions.end())
                value += window::function + callee->second * window::functionStep;
            else
                return Error(ErrorCode::Invalid,
                             "link: undefined symbol " + item.symbol + " in the initial value of "
                                 + variable.name);
            value >>= item.shift;
        }
        const std::uint64_t size = std::min<std::uint64_t>(item.size, sizeof value);
        if (item.offset > variable.size || variable.size - item.offset < size)
            return Error(ErrorCode::Invalid,
                         "link: the initial value of " + variable.name + " is too long");
        auto* to = reinterpret_cast<void*>(symbol.address + item.offset); // NOLINT
        std::memcpy(to, &value, size);
        return {};
    }

    static Error doubled(const std::string& name)
    {
        return {ErrorCode::Invalid, "link: symbol " + name + " is defined twice"};
    }

    LoadedModule::Image& m_image;
    std::map<const ptx::Variable*, Symbol> m_places;
    std::map<const ptx::Variable*, std::size_t> m_owners;
};

KernelInfo describe(const LoadedModule::Image& image, const LoadedModule::Image::FunctionRef& ref,
                    const Program& program)
{
    KernelInfo info;
    info.name = ref.function->name;
    for (const std::uint32_t index : ref.function->parameters) {
        const ptx::Variable& variable = ref.function->variables[index];
        info.parameters.push_back({static_cast<std::uint32_t>(variable.offset),
                                   static_cast<std::uint32_t>(variable.size), variable.alignment});
    }
    info.parameterBytes = ref.function->parameterBytes;
    info.staticSharedBytes = program.staticSharedBytes;
    info.constantBytes = image.constantBytes;
    for (const auto& code : program.codes) {
        if (code)
            info.localBytes = std::max(info.localBytes, code->localBytes);
    }
    std::uint64_t words = 0;
    for (const ptx::Type type : ref.function->registers)
        words += ptx::sizeOf(type) > 4 ? 2 : 1;
    // PTX has one register per value; an allocator reuses most of them.
    info.registers = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(words / 2, 16, 255));
    const auto& most = ref.function->requiredThreads[0] != 0 ? ref.function->requiredThreads
                                                             : ref.function->maximumThreads;
    if (most[0] != 0)
        info.maxThreadsPerBlock = std::min(1024U, most[0] * most[1] * most[2]);
    return info;
}

} // namespace

LoadedModule::Image::~Image()
{
    for (const std::uint64_t address : allocations)
        (void)memory->free(address);
}

std::size_t LoadedModule::Image::numberOf(const ptx::Module* module) const
{
    const auto found = std::find_if(modules.begin(), modules.end(),
                                    [&](const auto& each) { return each.get() == module; });
    return static_cast<std::size_t>(found - modules.begin());
}

LoadedModule::LoadedModule(std::unique_ptr<Image> image)
    : m_image(std::move(image))
{
}

LoadedModule::~LoadedModule() = default;

Result<std::shared_ptr<const LoadedModule>>
LoadedModule::load(std::vector<std::shared_ptr<const ptx::Module>> modules, Memory& memory)
{
    auto image = std::make_unique<Image>();
    image->memory = &memory;
    image->modules = std::move(modules);
    TRY(Linker(*image).run());
    for (std::uint32_t i = 0; i < image->functions.size(); ++i) {
        const Image::FunctionRef ref = image->functions[i];
        const auto number = image->numberOf(ref.module);
        if (!ref.function->isEntry || !ref.function->isDefined
            || image->scopes[number].functions.at(ref.function->name) != i)
            continue;
        TRY_ASSIGN(auto program, lower(*image, i));
        image->kernelByName[ref.function->name] = image->kernels.size();
        image->kernels.push_back(describe(*image, ref, *program));
        image->programs.push_back(std::move(program));
    }
    return std::shared_ptr<const LoadedModule>(new LoadedModule(std::move(image)));
}

const std::vector<KernelInfo>& LoadedModule::kernels() const
{
    return m_image->kernels;
}

const KernelInfo* LoadedModule::kernel(std::string_view name) const
{
    const auto found = m_image->kernelByName.find(name);
    return found == m_image->kernelByName.end() ? nullptr : &m_image->kernels[found->second];
}

Result<Symbol> LoadedModule::symbol(std::string_view name) const
{
    const auto found = m_image->symbols.find(name);
    if (found == m_image->symbols.end())
        return Error(ErrorCode::NotFound, "no variable " + std::string(name) + " in the module");
    return found->second;
}

} // namespace emulator::gpu::device
