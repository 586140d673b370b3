// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/ptx/Opcode.h"

#include <array>

namespace emulator::gpu::ptx {
namespace {

struct Spelling {
    std::string_view name;
    Mod mod;
    std::uint8_t value;
};

template<typename Value>
constexpr Spelling is(std::string_view name, Mod mod, Value value)
{
    return {name, mod, static_cast<std::uint8_t>(value)};
}

// A word may stand for several kinds (".and" of setp and of atom); the opcode tells which.
constexpr std::array spellings {
    is("rn", Mod::Rounding, Rounding::Rn),
    is("rna", Mod::Rounding, Rounding::Rna),
    is("rz", Mod::Rounding, Rounding::Rz),
    is("rm", Mod::Rounding, Rounding::Rm),
    is("rp", Mod::Rounding, Rounding::Rp),
    is("rni", Mod::Rounding, Rounding::Rni),
    is("rzi", Mod::Rounding, Rounding::Rzi),
    is("rmi", Mod::Rounding, Rounding::Rmi),
    is("rpi", Mod::Rounding, Rounding::Rpi),
    is("ftz", Mod::Ftz, 1),
    is("sat", Mod::Sat, 1),
    is("satfinite", Mod::Sat, 2),
    is("relu", Mod::Relu, 1),
    is("approx", Mod::Approx, 1),
    is("full", Mod::Approx, 2),
    is("lo", Mod::Half, Half::Lo),
    is("hi", Mod::Half, Half::Hi),
    is("wide", Mod::Half, Half::Wide),
    is("cc", Mod::Carry, 1),
    is("eq", Mod::Compare, Compare::Eq),
    is("ne", Mod::Compare, Compare::Ne),
    is("lt", Mod::Compare, Compare::Lt),
    is("le", Mod::Compare, Compare::Le),
    is("gt", Mod::Compare, Compare::Gt),
    is("ge", Mod::Compare, Compare::Ge),
    is("lo", Mod::Compare, Compare::Lo),
    is("ls", Mod::Compare, Compare::Ls),
    is("hi", Mod::Compare, Compare::Hi),
    is("hs", Mod::Compare, Compare::Hs),
    is("equ", Mod::Compare, Compare::Equ),
    is("neu", Mod::Compare, Compare::Neu),
    is("ltu", Mod::Compare, Compare::Ltu),
    is("leu", Mod::Compare, Compare::Leu),
    is("gtu", Mod::Compare, Compare::Gtu),
    is("geu", Mod::Compare, Compare::Geu),
    is("num", Mod::Compare, Compare::Num),
    is("nan", Mod::Compare, Compare::Nan),
    is("and", Mod::Bool, Bool::And),
    is("or", Mod::Bool, Bool::Or),
    is("xor", Mod::Bool, Bool::Xor),
    is("and", Mod::Atomic, Atomic::And),
    is("or", Mod::Atomic, Atomic::Or),
    is("xor", Mod::Atomic, Atomic::Xor),
    is("cas", Mod::Atomic, Atomic::Cas),
    is("exch", Mod::Atomic, Atomic::Exch),
    is("add", Mod::Atomic, Atomic::Add),
    is("inc", Mod::Atomic, Atomic::Inc),
    is("dec", Mod::Atomic, Atomic::Dec),
    is("min", Mod::Atomic, Atomic::Min),
    is("max", Mod::Atomic, Atomic::Max),
    is("global", Mod::Space, Space::Global),
    is("const", Mod::Space, Space::Const),
    is("shared", Mod::Space, Space::Shared),
    is("shared::cta", Mod::Space, Space::Shared),
    is("local", Mod::Space, Space::Local),
    is("param", Mod::Space, Space::Param),
    is("param::entry", Mod::Space, Space::Param),
    is("param::func", Mod::Space, Space::Param),
    is("to", Mod::To, 1),
    is("v2", Mod::Vector, 2),
    is("v4", Mod::Vector, 4),
    is("v8", Mod::Vector, 8),
    is("weak", Mod::Order, Order::Weak),
    is("relaxed", Mod::Order, Order::Relaxed),
    is("acquire", Mod::Order, Order::Acquire),
    is("release", Mod::Order, Order::Release),
    is("acq_rel", Mod::Order, Order::AcqRel),
    is("sc", Mod::Order, Order::Sc),
    is("volatile", Mod::Order, Order::Volatile),
    is("mmio", Mod::Order, Order::Volatile),
    is("cta", Mod::Scope, Scope::Cta),
    is("cluster", Mod::Scope, Scope::Cluster),
    is("gpu", Mod::Scope, Scope::Gpu),
    is("gl", Mod::Scope, Scope::Gpu),
    is("sys", Mod::Scope, Scope::Sys),
    is("ca", Mod::Cache, 1),
    is("cg", Mod::Cache, 2),
    is("cs", Mod::Cache, 3),
    is("lu", Mod::Cache, 4),
    is("cv", Mod::Cache, 5),
    is("wb", Mod::Cache, 6),
    is("wt", Mod::Cache, 7),
    is("L2::cache_hint", Mod::CacheHint, 1),
    is("L1", Mod::Eviction, 1),
    is("L2", Mod::Eviction, 2),
    is("L1::evict_normal", Mod::Eviction, 3),
    is("L1::evict_unchanged", Mod::Eviction, 4),
    is("L1::evict_first", Mod::Eviction, 5),
    is("L1::evict_last", Mod::Eviction, 6),
    is("L1::no_allocate", Mod::Eviction, 7),
    is("L2::evict_normal", Mod::Eviction, 8),
    is("L2::evict_first", Mod::Eviction, 9),
    is("L2::evict_last", Mod::Eviction, 10),
    is("L2::64B", Mod::Eviction, 11),
    is("L2::128B", Mod::Eviction, 12),
    is("L2::256B", Mod::Eviction, 13),
    is("nc", Mod::NonCoherent, 1),
    is("uni", Mod::Uniform, 1),
    is("up", Mod::Shuffle, Shuffle::Up),
    is("down", Mod::Shuffle, Shuffle::Down),
    is("bfly", Mod::Shuffle, Shuffle::Bfly),
    is("idx", Mod::Shuffle, Shuffle::Idx),
    is("all", Mod::Vote, Vote::All),
    is("any", Mod::Vote, Vote::Any),
    is("uni", Mod::Vote, Vote::Uni),
    is("ballot", Mod::Vote, Vote::Ballot),
    is("any", Mod::Match, Vote::Any),
    is("all", Mod::Match, Vote::All),
    is("sync", Mod::Sync, 1),
    is("aligned", Mod::Aligned, 1),
    is("shiftamt", Mod::ShiftAmount, 1),
    is("wrap", Mod::Wrap, Wrap::Wrap),
    is("clamp", Mod::Wrap, Wrap::Clamp),
    is("l", Mod::Direction, Direction::Left),
    is("r", Mod::Direction, Direction::Right),
    is("f4e", Mod::Permute, Permute::F4e),
    is("b4e", Mod::Permute, Permute::B4e),
    is("rc8", Mod::Permute, Permute::Rc8),
    is("ecl", Mod::Permute, Permute::Ecl),
    is("ecr", Mod::Permute, Permute::Ecr),
    is("rc16", Mod::Permute, Permute::Rc16),
    is("finite", Mod::Property, Property::Finite),
    is("infinite", Mod::Property, Property::Infinite),
    is("number", Mod::Property, Property::Number),
    is("notanumber", Mod::Property, Property::NotANumber),
    is("normal", Mod::Property, Property::Normal),
    is("subnormal", Mod::Property, Property::Subnormal),
    is("sync", Mod::Barrier, Barrier::Sync),
    is("arrive", Mod::Barrier, Barrier::Arrive),
    is("red", Mod::Barrier, Barrier::Red),
    is("popc", Mod::Bool, 4),
    is("warp", Mod::Warp, 1),
    is("commit_group", Mod::AsyncGroup, AsyncGroup::Commit),
    is("wait_group", Mod::AsyncGroup, AsyncGroup::Wait),
    is("wait_all", Mod::AsyncGroup, AsyncGroup::WaitAll),
    is("async", Mod::Async, 1),
    is("noftz", Mod::NoFtz, 1),
    is("NaN", Mod::Nan, 1),
    is("xorsign", Mod::XorSign, 1),
    is("abs", Mod::XorSign, 1),
    is("idx", Mod::Index, 1),
    is("lo", Mod::Selector, 1),
    is("hi", Mod::Selector, 2),
};

} // namespace

std::optional<ModifierValue> modifierNamed(std::string_view name, Bits allowed)
{
    for (const Spelling& spelling : spellings) {
        if (spelling.name == name && (allowed & bit(spelling.mod)) != 0)
            return ModifierValue {spelling.mod, spelling.value};
    }
    return std::nullopt;
}

} // namespace emulator::gpu::ptx
