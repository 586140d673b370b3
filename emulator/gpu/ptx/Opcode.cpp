// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// The instruction table: what each opcode may be written with. Adding an instruction starts here;
// the parser needs no change, the lowering in gpu/device gives it a meaning.

#include "emulator/gpu/ptx/Opcode.h"

#include <array>
#include <cassert>
#include <unordered_map>

namespace emulator::gpu::ptx {
namespace {

template<typename... Each>
constexpr Bits set(Each... each)
{
    return (Bits {0} | ... | bit(each));
}

constexpr Bits b16 = set(Type::B16);
constexpr Bits b32 = set(Type::B32);
constexpr Bits b32to64 = set(Type::B32, Type::B64);
constexpr Bits bits = set(Type::Pred, Type::B16, Type::B32, Type::B64);
constexpr Bits shiftable = set(Type::B16, Type::B32, Type::B64);
constexpr Bits integers16 = set(Type::U16, Type::S16, Type::U32, Type::S32, Type::U64, Type::S64);
constexpr Bits integers8 = integers16 | set(Type::U8, Type::S8);
constexpr Bits integers32 = set(Type::U32, Type::S32, Type::U64, Type::S64);
constexpr Bits words = set(Type::U32, Type::S32);
constexpr Bits signeds = set(Type::S16, Type::S32, Type::S64);
constexpr Bits halves = set(Type::F16, Type::F16x2, Type::Bf16, Type::Bf16x2);
constexpr Bits floats = set(Type::F32, Type::F64);
constexpr Bits packed16 = set(Type::U16x2, Type::S16x2);
constexpr Bits arithmetic = integers16 | halves | floats | packed16;
constexpr Bits movable = integers16 | shiftable | floats
    | set(Type::Pred, Type::B128, Type::F16, Type::Bf16, Type::F16x2, Type::Bf16x2, Type::B8,
          Type::U8, Type::S8);
constexpr Bits storable = integers8 | floats
    | set(Type::B8, Type::B16, Type::B32, Type::B64, Type::B128, Type::F16, Type::Bf16);
constexpr Bits selectable = integers16 | shiftable | floats;
constexpr Bits comparable = selectable | set(Type::F16, Type::Bf16, Type::F16x2, Type::Bf16x2);
constexpr Bits convertible = integers8 | halves | floats
    | set(Type::Tf32, Type::E4m3x2, Type::E5m2x2, Type::B8, Type::B16, Type::B32, Type::B64);
constexpr Bits reducible = integers32 | b32to64 | floats | halves | set(Type::B128, Type::B16);

constexpr Bits roundedFloat = set(Mod::Rounding, Mod::Ftz, Mod::Sat);
constexpr Bits memory = set(Mod::Space, Mod::Vector, Mod::Order, Mod::Scope, Mod::Cache,
                            Mod::CacheHint, Mod::Eviction);
constexpr Bits barrier = set(Mod::Scope, Mod::Barrier, Mod::Bool, Mod::Aligned, Mod::Warp);
constexpr Bits addressed = set(Mod::Space);

using O = Opcode;
// name, opcode, section, modifiers, types, types written min..max, operands min..max
constexpr std::array<OpcodeInfo, static_cast<std::size_t>(Opcode::Count)> table {{
    {"abs", O::Abs, "9.7.1", set(Mod::Ftz), signeds | halves | floats, 1, 1, 2, 2},
    {"activemask", O::Activemask, "9.7.13", 0, b32, 1, 1, 1, 1},
    {"add", O::Add, "9.7.1", roundedFloat | set(Mod::Carry), arithmetic, 1, 1, 3, 3},
    {"addc", O::Addc, "9.7.2", set(Mod::Carry), integers32, 1, 1, 3, 3},
    {"alloca", O::Alloca, "9.7.16", 0, set(Type::U32, Type::U64), 1, 1, 2, 3},
    {"and", O::And, "9.7.8", 0, bits, 1, 1, 3, 3},
    {"atom", O::Atom, "9.7.13",
     addressed | set(Mod::Atomic, Mod::Order, Mod::Scope, Mod::NoFtz, Mod::CacheHint, Mod::Vector),
     reducible, 1, 1, 3, 5},
    {"bar", O::Bar, "9.7.13", barrier, set(Type::U32, Type::Pred), 0, 1, 0, 5},
    {"barrier", O::Barrier, "9.7.13", barrier, set(Type::U32, Type::Pred), 0, 1, 0, 5},
    {"bfe", O::Bfe, "9.7.1", 0, integers32, 1, 1, 4, 4},
    {"bfi", O::Bfi, "9.7.1", 0, b32to64, 1, 1, 5, 5},
    {"bfind", O::Bfind, "9.7.1", set(Mod::ShiftAmount), integers32, 1, 1, 2, 2},
    {"bmsk", O::Bmsk, "9.7.1", set(Mod::Wrap), b32, 1, 1, 3, 3},
    {"bra", O::Bra, "9.7.12", set(Mod::Uniform), 0, 0, 0, 1, 1},
    {"brev", O::Brev, "9.7.1", 0, b32to64, 1, 1, 2, 2},
    {"brkpt", O::Brkpt, "9.7.19", 0, 0, 0, 0, 0, 0},
    {"brx", O::BrxIdx, "9.7.12", set(Mod::Index, Mod::Uniform), 0, 0, 0, 2, 2},
    {"call", O::Call, "9.7.12", set(Mod::Uniform), 0, 0, 0, 1, 4},
    {"clz", O::Clz, "9.7.1", 0, b32to64, 1, 1, 2, 2},
    {"cnot", O::Cnot, "9.7.8", 0, shiftable, 1, 1, 2, 2},
    {"copysign", O::Copysign, "9.7.3", 0, floats, 1, 1, 3, 3},
    {"cos", O::Cos, "9.7.3", set(Mod::Approx, Mod::Ftz), set(Type::F32), 1, 1, 2, 2},
    {"cp", O::CpAsync, "9.7.9",
     addressed | set(Mod::Async, Mod::Cache, Mod::AsyncGroup, Mod::Eviction, Mod::CacheHint), 0, 0,
     0, 0, 5},
    {"cvt", O::Cvt, "9.7.9", roundedFloat | set(Mod::Relu), convertible, 2, 2, 2, 3},
    {"cvta", O::Cvta, "9.7.9", addressed | set(Mod::To), set(Type::U32, Type::U64), 1, 1, 2, 2},
    {"discard", O::Discard, "9.7.9", addressed | set(Mod::Eviction), 0, 0, 0, 2, 2},
    {"div", O::Div, "9.7.1", roundedFloat | set(Mod::Approx), integers16 | floats, 1, 1, 3, 3},
    {"dp2a", O::Dp2a, "9.7.1", set(Mod::Selector), words, 2, 2, 4, 4},
    {"dp4a", O::Dp4a, "9.7.1", 0, words, 2, 2, 4, 4},
    {"elect", O::Elect, "9.7.13", set(Mod::Sync), 0, 0, 0, 2, 2},
    {"ex2", O::Ex2, "9.7.3", set(Mod::Approx, Mod::Ftz), halves | set(Type::F32), 1, 1, 2, 2},
    {"exit", O::Exit, "9.7.12", 0, 0, 0, 0, 0, 0},
    {"fence", O::Fence, "9.7.13", set(Mod::Order, Mod::Scope), 0, 0, 0, 0, 0},
    {"fma", O::Fma, "9.7.3", roundedFloat | set(Mod::Relu), floats | halves, 1, 1, 4, 4},
    {"fns", O::Fns, "9.7.1", 0, b32, 1, 1, 4, 4},
    {"isspacep", O::Isspacep, "9.7.9", addressed, 0, 0, 0, 2, 2},
    {"ld", O::Ld, "9.7.9", memory | set(Mod::NonCoherent), storable, 1, 1, 2, 3},
    {"ldu", O::Ldu, "9.7.9", addressed | set(Mod::Vector), storable, 1, 1, 2, 2},
    {"lg2", O::Lg2, "9.7.3", set(Mod::Approx, Mod::Ftz), set(Type::F32), 1, 1, 2, 2},
    {"lop3", O::Lop3, "9.7.8", 0, b32, 1, 1, 5, 5},
    {"mad", O::Mad, "9.7.1", roundedFloat | set(Mod::Half, Mod::Carry), integers16 | floats, 1, 1,
     4, 4},
    {"mad24", O::Mad24, "9.7.1", set(Mod::Half), words, 1, 1, 4, 4},
    {"madc", O::Madc, "9.7.2", set(Mod::Half, Mod::Carry), integers32, 1, 1, 4, 4},
    {"match", O::Match, "9.7.13", set(Mod::Match, Mod::Sync), b32to64, 1, 1, 3, 3},
    {"max", O::Max, "9.7.1", set(Mod::Ftz, Mod::Nan, Mod::XorSign, Mod::Relu), arithmetic, 1, 1, 3,
     4},
    {"membar", O::Membar, "9.7.13", set(Mod::Scope), 0, 0, 0, 0, 0},
    {"min", O::Min, "9.7.1", set(Mod::Ftz, Mod::Nan, Mod::XorSign, Mod::Relu), arithmetic, 1, 1, 3,
     4},
    {"mov", O::Mov, "9.7.9", 0, movable, 1, 1, 2, 2},
    {"mul", O::Mul, "9.7.1", roundedFloat | set(Mod::Half), arithmetic, 1, 1, 3, 3},
    {"mul24", O::Mul24, "9.7.1", set(Mod::Half), words, 1, 1, 3, 3},
    {"nanosleep", O::Nanosleep, "9.7.19", 0, set(Type::U32), 1, 1, 1, 1},
    {"neg", O::Neg, "9.7.1", set(Mod::Ftz), signeds | halves | floats, 1, 1, 2, 2},
    {"not", O::Not, "9.7.8", 0, bits, 1, 1, 2, 2},
    {"or", O::Or, "9.7.8", 0, bits, 1, 1, 3, 3},
    {"pmevent", O::Pmevent, "9.7.19", 0, 0, 0, 0, 1, 1},
    {"popc", O::Popc, "9.7.1", 0, b32to64, 1, 1, 2, 2},
    {"prefetch", O::Prefetch, "9.7.9", addressed | set(Mod::Eviction), 0, 0, 0, 1, 1},
    {"prefetchu", O::Prefetchu, "9.7.9", set(Mod::Eviction), 0, 0, 0, 1, 1},
    {"prmt", O::Prmt, "9.7.9", set(Mod::Permute), b32, 1, 1, 4, 4},
    {"rcp", O::Rcp, "9.7.3", roundedFloat | set(Mod::Approx), floats, 1, 1, 2, 2},
    {"red", O::Red, "9.7.13",
     addressed | set(Mod::Atomic, Mod::Order, Mod::Scope, Mod::NoFtz, Mod::CacheHint, Mod::Vector),
     reducible, 1, 1, 2, 3},
    {"redux", O::Redux, "9.7.13", set(Mod::Sync, Mod::Atomic), words | b32, 1, 1, 3, 3},
    {"rem", O::Rem, "9.7.1", 0, integers16, 1, 1, 3, 3},
    {"ret", O::Ret, "9.7.12", set(Mod::Uniform), 0, 0, 0, 0, 0},
    {"rsqrt", O::Rsqrt, "9.7.3", set(Mod::Approx, Mod::Ftz), floats, 1, 1, 2, 2},
    {"sad", O::Sad, "9.7.1", 0, integers16, 1, 1, 4, 4},
    {"selp", O::Selp, "9.7.7", 0, selectable, 1, 1, 4, 4},
    {"set", O::Set, "9.7.6", set(Mod::Compare, Mod::Bool, Mod::Ftz), comparable, 2, 2, 3, 4},
    {"setp", O::Setp, "9.7.6", set(Mod::Compare, Mod::Bool, Mod::Ftz), comparable, 1, 1, 3, 4},
    {"shf", O::Shf, "9.7.8", set(Mod::Direction, Mod::Wrap), b32, 1, 1, 4, 4},
    {"shfl", O::Shfl, "9.7.9", set(Mod::Sync, Mod::Shuffle), b32, 1, 1, 4, 5},
    {"shl", O::Shl, "9.7.8", 0, shiftable, 1, 1, 3, 3},
    {"shr", O::Shr, "9.7.8", 0, shiftable | integers16, 1, 1, 3, 3},
    {"sin", O::Sin, "9.7.3", set(Mod::Approx, Mod::Ftz), set(Type::F32), 1, 1, 2, 2},
    {"slct", O::Slct, "9.7.7", set(Mod::Ftz), selectable, 2, 2, 4, 4},
    {"sqrt", O::Sqrt, "9.7.3", roundedFloat | set(Mod::Approx), floats, 1, 1, 2, 2},
    {"st", O::St, "9.7.9", memory, storable, 1, 1, 2, 3},
    {"stackrestore", O::Stackrestore, "9.7.16", 0, set(Type::U32, Type::U64), 1, 1, 1, 1},
    {"stacksave", O::Stacksave, "9.7.16", 0, set(Type::U32, Type::U64), 1, 1, 1, 1},
    {"sub", O::Sub, "9.7.1", roundedFloat | set(Mod::Carry), arithmetic, 1, 1, 3, 3},
    {"subc", O::Subc, "9.7.2", set(Mod::Carry), integers32, 1, 1, 3, 3},
    {"szext", O::Szext, "9.7.1", set(Mod::Wrap), words, 1, 1, 3, 3},
    {"tanh", O::Tanh, "9.7.3", set(Mod::Approx), halves | set(Type::F32), 1, 1, 2, 2},
    {"testp", O::Testp, "9.7.3", set(Mod::Property), floats, 1, 1, 2, 2},
    {"trap", O::Trap, "9.7.19", 0, 0, 0, 0, 0, 0},
    {"vote", O::Vote, "9.7.13", set(Mod::Sync, Mod::Vote), set(Type::Pred, Type::B32), 1, 1, 2, 3},
    {"xor", O::Xor, "9.7.8", 0, bits, 1, 1, 3, 3},
}};

constexpr bool inOrder()
{
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].opcode != static_cast<Opcode>(i))
            return false;
    }
    return true;
}
static_assert(inOrder(), "infoOf() indexes the table by opcode");

} // namespace

const OpcodeInfo* opcodeNamed(std::string_view name)
{
    static const auto byName = [] {
        std::unordered_map<std::string_view, const OpcodeInfo*> map;
        for (const OpcodeInfo& info : table)
            map.emplace(info.name, &info);
        return map;
    }();
    const auto found = byName.find(name);
    return found == byName.end() ? nullptr : found->second;
}

const OpcodeInfo& infoOf(Opcode opcode)
{
    assert(opcode < Opcode::Count);
    return table[static_cast<std::size_t>(opcode)];
}

} // namespace emulator::gpu::ptx
