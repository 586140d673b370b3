// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Descriptor.h"

#include "emulator/base/Bytes.h"

#include <algorithm>

namespace remote::registry {
namespace {

constexpr std::string_view prefix = "sha256:";

bool isLower(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool isWord(char c)
{
    return isLower(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

/// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool isRepositoryPart(std::string_view part)
{
    if (part.empty() || !isLower(part.front()) || !isLower(part.back()))
        return false;
    for (std::size_t at = 0; at < part.size();) {
        if (isLower(part[at])) {
            ++at;
            continue;
        }
        const auto end = std::min(part.find_first_not_of(part[at], at), part.size());
        const auto length = end - at;
        const char c = part[at];
        if (!(c == '-' || (c == '.' && length == 1) || (c == '_' && length <= 2)))
            return false;
        if (!isLower(part[end]))
            return false;
        at = end;
    }
    return true;
}

} // namespace

bool isDigest(std::string_view text)
{
    return text.starts_with(prefix) && text.size() == prefix.size() + 64
        && std::ranges::all_of(text.substr(prefix.size()), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

std::string_view hexOf(std::string_view digest)
{
    return digest.substr(std::min(prefix.size(), digest.size()));
}

std::string digestOf(std::string_view bytes)
{
    return std::string(prefix) + emulator::sha256Hex(bytes);
}

bool isRepository(std::string_view text)
{
    if (text.empty() || text.size() > 255)
        return false;
    for (;;) {
        const auto slash = text.find('/');
        if (!isRepositoryPart(text.substr(0, slash)))
            return false;
        if (slash == std::string_view::npos)
            return true;
        text.remove_prefix(slash + 1);
    }
}

bool isTag(std::string_view text)
{
    return !text.empty() && text.size() <= 128 && isWord(text.front())
        && std::ranges::all_of(text, [](char c) { return isWord(c) || c == '.' || c == '-'; });
}

bool isLayerKey(std::string_view text)
{
    return !text.empty() && text.size() <= 160 && isWord(text.front())
        && std::ranges::all_of(
            text, [](char c) { return isWord(c) || c == '.' || c == ':' || c == '+' || c == '-'; });
}

} // namespace remote::registry
