// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/Lz4.h"

namespace emulator::gpu::server {
namespace {

constexpr std::size_t shortestMatch = 4;

/// Reads a block octet by octet and knows where it ends.
class Reader {
public:
    explicit Reader(std::string_view block)
        : m_rest(block)
    {
    }

    [[nodiscard]] bool empty() const { return m_rest.empty(); }
    [[nodiscard]] std::size_t left() const { return m_rest.size(); }

    bool octet(std::size_t& value)
    {
        if (m_rest.empty())
            return false;
        value = static_cast<unsigned char>(m_rest.front());
        m_rest.remove_prefix(1);
        return true;
    }

    /// A length whose first four bits were `value`: 15 goes on with octets until one is not 255.
    bool length(std::size_t& value)
    {
        if (value != 15)
            return true;
        std::size_t more = 0;
        do {
            if (!octet(more))
                return false;
            value += more;
        } while (more == 255);
        return true;
    }

    std::string_view take(std::size_t size)
    {
        const auto taken = m_rest.substr(0, size);
        m_rest.remove_prefix(size);
        return taken;
    }

private:
    std::string_view m_rest;
};

} // namespace

Result<std::string> decompressLz4(std::string_view block, std::size_t size)
{
    const Error damaged(ErrorCode::Invalid, "damaged LZ4 block");
    Reader in(block);
    std::string out;
    while (!in.empty()) {
        std::size_t token = 0;
        in.octet(token);
        std::size_t literals = token >> 4U;
        if (!in.length(literals) || literals > in.left() || literals > size - out.size())
            return damaged;
        out += in.take(literals);
        if (in.empty())
            break; // the last sequence has no match
        std::size_t low = 0;
        std::size_t high = 0;
        std::size_t match = token & 15U;
        if (!in.octet(low) || !in.octet(high) || !in.length(match))
            return damaged;
        match += shortestMatch;
        const std::size_t distance = low | high << 8U;
        if (distance == 0 || distance > out.size() || match > size - out.size())
            return damaged;
        for (std::size_t i = 0; i < match; ++i) // may overlap itself, so octet by octet
            out += out[out.size() - distance];
        if (out.size() == size)
            break;
    }
    if (out.size() != size)
        return damaged;
    return out;
}

} // namespace emulator::gpu::server
