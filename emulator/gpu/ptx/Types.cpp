// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/ptx/Types.h"

#include <array>
#include <cstddef>

namespace emulator::gpu::ptx {
namespace {

struct Row {
    std::string_view name;
    std::uint32_t size;
};

constexpr std::array<Row, static_cast<std::size_t>(Type::Count)> rows {{
    {"", 0},      {"u8", 1},    {"u16", 2},  {"u32", 4},    {"u64", 8},    {"s8", 1},  {"s16", 2},
    {"s32", 4},   {"s64", 8},   {"b8", 1},   {"b16", 2},    {"b32", 4},    {"b64", 8}, {"b128", 16},
    {"f16", 2},   {"f16x2", 4}, {"bf16", 2}, {"bf16x2", 4}, {"tf32", 4},   {"f32", 4}, {"f64", 8},
    {"u16x2", 4}, {"s16x2", 4}, {"pred", 0}, {"e4m3x2", 2}, {"e5m2x2", 2},
}};

} // namespace

std::optional<Type> typeNamed(std::string_view name)
{
    for (std::size_t i = 1; i < rows.size(); ++i) {
        if (rows[i].name == name)
            return static_cast<Type>(i);
    }
    return std::nullopt;
}

std::string_view nameOf(Type type)
{
    return rows[static_cast<std::size_t>(type)].name;
}

std::uint32_t sizeOf(Type type)
{
    return rows[static_cast<std::size_t>(type)].size;
}

bool isFloat(Type type)
{
    return type >= Type::F16 && type <= Type::F64;
}

bool isSigned(Type type)
{
    return (type >= Type::S8 && type <= Type::S64) || type == Type::S16x2;
}

} // namespace emulator::gpu::ptx
