// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/device/Reach.h"

#include <algorithm>
#include <set>

namespace emulator::gpu::device {
namespace {

using ptx::Operand;

class Walker {
public:
    explicit Walker(const LoadedModule::Image& image)
        : m_image(image)
    {
    }

    Reach run(std::uint32_t kernel)
    {
        add(kernel);
        for (std::size_t i = 0; i < m_reach.functions.size(); ++i)
            walk(m_reach.functions[i]);
        const std::uint32_t mask = m_dynamicAlignment - 1;
        m_reach.staticSharedBytes = m_top;
        for (const ptx::Variable* variable : m_dynamic)
            m_reach.sharedOffsets[variable] = (m_top + mask) & ~mask;
        if (!m_dynamic.empty())
            m_reach.staticSharedBytes = (m_top + mask) & ~mask;
        return std::move(m_reach);
    }

private:
    void add(std::uint32_t function)
    {
        if (m_seen.insert(function).second)
            m_reach.functions.push_back(function);
    }

    void walk(std::uint32_t number)
    {
        const auto& ref = m_image.functions[number];
        m_function = ref.function;
        m_scope = &m_image.scopes[m_image.numberOf(ref.module)];
        for (const ptx::Instruction& instruction : ref.function->body) {
            if (instruction.opcode == ptx::Opcode::Call
                && instruction.operands[0].kind == Operand::Kind::Register)
                addTables();
            for (const Operand& operand : instruction.operands)
                use(operand);
        }
    }

    void use(const Operand& operand)
    {
        for (const Operand& element : operand.elements)
            use(element);
        if (operand.kind == Operand::Kind::Variable) {
            const ptx::Variable& variable = m_function->variables[operand.index];
            if (variable.space == ptx::Space::Shared)
                place(variable);
        } else if (operand.kind == Operand::Kind::Symbol) {
            if (const auto shared = m_scope->shared.find(operand.symbol);
                shared != m_scope->shared.end())
                place(*shared->second);
            else if (const auto callee = m_scope->functions.find(operand.symbol);
                     callee != m_scope->functions.end()
                     && !m_scope->variables.contains(operand.symbol))
                add(callee->second);
        }
    }

    /// An indirect call may reach whatever an initial value names.
    void addTables()
    {
        for (std::size_t m = 0; m < m_image.modules.size(); ++m) {
            for (const ptx::Variable& variable : m_image.modules[m]->variables) {
                for (const ptx::Initial& item : variable.initial) {
                    const auto callee = m_image.scopes[m].functions.find(item.symbol);
                    if (callee != m_image.scopes[m].functions.end())
                        add(callee->second);
                }
            }
        }
    }

    void place(const ptx::Variable& variable)
    {
        if (m_reach.sharedOffsets.contains(&variable))
            return;
        if (variable.size == 0 || variable.linkage == ptx::Linkage::Extern) {
            m_dynamic.insert(&variable);
            m_dynamicAlignment = std::max({m_dynamicAlignment, variable.alignment, 16U});
            return;
        }
        const std::uint32_t mask = variable.alignment - 1;
        const std::uint32_t offset = (m_top + mask) & ~mask;
        m_reach.sharedOffsets[&variable] = offset;
        m_top = offset + static_cast<std::uint32_t>(variable.size);
    }

    const LoadedModule::Image& m_image;
    const ptx::Function* m_function = nullptr;
    const LoadedModule::Image::Scope* m_scope = nullptr;
    Reach m_reach;
    std::set<std::uint32_t> m_seen;
    std::set<const ptx::Variable*> m_dynamic;
    std::uint32_t m_dynamicAlignment = 16;
    std::uint32_t m_top = 0;
};

} // namespace

Reach findReach(const LoadedModule::Image& image, std::uint32_t kernel)
{
    return Walker(image).run(kernel);
}

} // namespace emulator::gpu::device
