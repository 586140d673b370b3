// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "emulator/base/Result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace app::models {

/// One value of a pickle. Containers name their items by index into Pickle::nodes, so a value
/// that contains itself is harmless.
struct PickleNode {
    enum class Kind {
        None,
        Boolean,
        Integer,
        BigInteger, ///< more than 64 bits; `text` has the digits
        Real,
        Text,
        Bytes,
        List,
        Tuple,
        Set,
        Dictionary, ///< items: key, value, key, value, …
        Opaque, ///< an object of a class; `text` is "module.Class", never made
    };

    Kind kind = Kind::None;
    bool boolean = false;
    std::int64_t integer = 0;
    double real = 0;
    std::string text; ///< UTF-8 of Text, octets of Bytes
    std::vector<std::uint32_t> items;
};

/// A decoded pickle. Reading one executes nothing: a class is only named.
struct Pickle {
    std::vector<PickleNode> nodes;
    std::uint32_t root = 0;

    [[nodiscard]] const PickleNode& value() const { return nodes[root]; }
    [[nodiscard]] const PickleNode& at(std::uint32_t index) const { return nodes[index]; }
};

/// Reads a pickle of protocol 0 to 5 (PEP 307, 3154, 574). Invalid with the offset when the
/// stream is malformed, Exhausted when it has more than four million values.
[[nodiscard]] emulator::Result<Pickle> readPickle(std::string_view data);

/// The value as Python would print it, cut after about `limit` characters.
[[nodiscard]] std::string describe(const Pickle& pickle, std::uint32_t node,
                                   std::size_t limit = 200);

} // namespace app::models
