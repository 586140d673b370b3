// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Id.h"

#include "emulator/base/Bytes.h"

#include <sys/random.h>

#include <cstdlib>

namespace emulator {
namespace {

constexpr std::string_view digits
    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t length = 22;

std::string spell(std::string_view prefix, std::string_view octets)
{
    std::string id(prefix);
    id += '-';
    for (std::size_t i = 0; i < length; ++i)
        id += digits[static_cast<unsigned char>(octets[i]) % digits.size()];
    if (id.back() == 'V')
        id.back() = 'v';
    return id;
}

std::string randomOctets(std::size_t size)
{
    std::string octets(size, '\0');
    std::size_t filled = 0;
    while (filled < size) {
        const auto got = ::getrandom(octets.data() + filled, size - filled, 0);
        if (got > 0)
            filled += static_cast<std::size_t>(got);
    }
    return octets;
}

class RandomIds final : public IdSource {
public:
    std::string next(std::string_view prefix) override
    {
        return spell(prefix, randomOctets(length));
    }
};

} // namespace

std::unique_ptr<IdSource> randomIds()
{
    return std::make_unique<RandomIds>();
}

std::string idFromContent(std::string_view prefix, std::string_view content)
{
    return spell(prefix, sha256(content));
}

std::string_view idPrefix(std::string_view id)
{
    const auto dash = id.find('-');
    return dash == std::string_view::npos ? std::string_view {} : id.substr(0, dash);
}

std::string randomHex(std::size_t size)
{
    return toHex(randomOctets(size));
}

} // namespace emulator
