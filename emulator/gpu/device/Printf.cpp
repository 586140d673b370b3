// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Device printf: the format is the C one, the values lie packed in memory.

#include "emulator/gpu/device/Access.h"
#include "emulator/gpu/device/Builtins.h"

#include <bit>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <vector>

namespace emulator::gpu::device {
namespace {

class Arguments {
public:
    Arguments(Warp& warp, unsigned lane, std::uint64_t address)
        : m_warp(warp)
        , m_lane(lane)
        , m_address(address)
    {
    }

    std::uint64_t take(std::uint64_t size)
    {
        m_address = (m_address + size - 1) & ~(size - 1);
        std::uint64_t bits = 0;
        if (const std::byte* at = tryResolve(m_warp, m_lane, ptx::Space::Generic, m_address, size))
            std::memcpy(&bits, at, size);
        m_address += size;
        return bits;
    }

private:
    Warp& m_warp;
    unsigned m_lane;
    std::uint64_t m_address;
};

template<class T>
std::string formatted(const std::string& spec, T value)
{
    const int length = std::snprintf(nullptr, 0, spec.c_str(), value);
    if (length <= 0)
        return {};
    std::vector<char> out(static_cast<std::size_t>(length) + 1);
    std::snprintf(out.data(), out.size(), spec.c_str(), value);
    return {out.data(), static_cast<std::size_t>(length)};
}

/// "%-8.3" of "%-8.3lf": flags, width and precision with every * replaced; `at` moves behind it.
std::string specification(std::string_view format, std::size_t& at, Arguments& arguments)
{
    constexpr long long widest = 1000;
    std::string spec = "%";
    long long number = 0;
    for (; at < format.size() && std::strchr("-+ #0123456789.*", format[at]) != nullptr; ++at) {
        if (format[at] == '*') {
            const auto given = static_cast<std::int32_t>(arguments.take(4));
            spec += std::to_string(std::clamp<long long>(given, -widest, widest));
            continue;
        }
        // A width beyond reason would fill the log; it is cut.
        number = std::isdigit(static_cast<unsigned char>(format[at])) != 0
            ? number * 10 + (format[at] - '0')
            : 0;
        if (number <= widest)
            spec += format[at];
        else
            number /= 10;
    }
    return spec;
}

} // namespace

std::string formatPrint(Warp& warp, unsigned lane, std::uint64_t format, std::uint64_t arguments)
{
    const std::string text = readText(warp, lane, format);
    Arguments values(warp, lane, arguments);
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] != '%') {
            out += text[i++];
            continue;
        }
        if (++i < text.size() && text[i] == '%') {
            out += text[i++];
            continue;
        }
        const std::string spec = specification(text, i, values);
        bool isLong = false;
        while (i < text.size() && std::strchr("hlLjzt", text[i]) != nullptr) {
            isLong = isLong || text[i] != 'h';
            ++i;
        }
        const char kind = i < text.size() ? text[i++] : '\0';
        switch (kind) {
        case 'd':
        case 'i': {
            const std::uint64_t bits = values.take(isLong ? 8 : 4);
            const auto value = isLong ? static_cast<long long>(bits)
                                      : static_cast<long long>(static_cast<std::int32_t>(bits));
            out += formatted(spec + "ll" + kind, value);
            break;
        }
        case 'u':
        case 'x':
        case 'X':
        case 'o':
            out += formatted(spec + "ll" + kind,
                             static_cast<unsigned long long>(values.take(isLong ? 8 : 4)));
            break;
        case 'c':
            out += formatted(spec + kind, static_cast<int>(values.take(4) & 0xFFU));
            break;
        case 'f':
        case 'F':
        case 'e':
        case 'E':
        case 'g':
        case 'G':
        case 'a':
        case 'A':
            out += formatted(spec + kind, std::bit_cast<double>(values.take(8)));
            break;
        case 's': {
            const std::uint64_t at = values.take(8);
            out += formatted(spec + kind,
                             (at == 0 ? std::string("(null)") : readText(warp, lane, at)).c_str());
            break;
        }
        case 'p':
            out += formatted("0x%llx", static_cast<unsigned long long>(values.take(8)));
            break;
        default:
            out += spec;
            if (kind != '\0')
                out += kind;
            break;
        }
    }
    return out;
}

} // namespace emulator::gpu::device
