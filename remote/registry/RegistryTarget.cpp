// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/RegistryTarget.h"

#include <algorithm>
#include <charconv>

namespace remote::registry {
namespace {

std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || parsed != end)
        return std::nullopt;
    return value;
}

std::string unescaped(std::string_view text)
{
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        unsigned octet = 0;
        const auto* digits = text.data() + at + 1;
        if (text[at] == '%' && at + 2 < text.size()
            && std::from_chars(digits, digits + 2, octet, 16).ptr == digits + 2) {
            plain += static_cast<char>(octet);
            at += 2;
        } else {
            plain += text[at];
        }
    }
    return plain;
}

std::map<std::string, std::string> parseQuery(std::string_view query)
{
    std::map<std::string, std::string> parameters;
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (const auto equals = pair.find('='); equals != std::string_view::npos)
            parameters.emplace(pair.substr(0, equals), unescaped(pair.substr(equals + 1)));
    }
    return parameters;
}

} // namespace

std::optional<RegistryTarget> parseRegistryTarget(std::string_view target)
{
    using Kind = RegistryTarget::Kind;
    constexpr std::string_view blobs = "/blobs/";
    constexpr std::string_view uploads = "uploads/";
    constexpr std::string_view manifests = "/manifests/";

    RegistryTarget parsed;
    const auto question = std::min(target.find('?'), target.size());
    if (question < target.size())
        parsed.query = parseQuery(target.substr(question + 1));
    auto path = target.substr(0, question);
    if (path == "/v2/" || path == "/v2")
        return parsed;
    if (!path.starts_with("/v2/"))
        return std::nullopt;
    path.remove_prefix(4);
    // A repository may itself be called "blobs" or "manifests", so the last one counts.
    const auto blob = path.rfind(blobs);
    const auto manifest = path.rfind(manifests);
    const auto at = blob == std::string_view::npos || manifest == std::string_view::npos
        ? std::min(blob, manifest)
        : std::max(blob, manifest);
    if (at == std::string_view::npos)
        return std::nullopt;
    parsed.repository = path.substr(0, at);
    if (!isRepository(parsed.repository))
        return std::nullopt;
    auto rest = path.substr(at + (at == blob ? blobs.size() : manifests.size()));
    if (at == manifest) {
        parsed.kind = Kind::Manifest;
    } else if (rest.starts_with(uploads)) {
        rest.remove_prefix(uploads.size());
        parsed.kind = rest.empty() ? Kind::Uploads : Kind::Upload;
    } else {
        parsed.kind = Kind::Blob;
    }
    parsed.reference = rest;
    const bool good = parsed.kind == Kind::Uploads || parsed.kind == Kind::Upload || isDigest(rest)
        || (parsed.kind == Kind::Manifest && isTag(rest));
    return good ? std::optional(parsed) : std::nullopt;
}

std::optional<ByteRange> parseByteRange(std::string_view header, std::uint64_t size)
{
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit))
        return std::nullopt;
    header.remove_prefix(unit.size());
    const auto dash = header.find('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    const auto first = number(header.substr(0, dash));
    const auto last
        = dash + 1 == header.size() ? std::optional(size - 1) : number(header.substr(dash + 1));
    if (!first || !last || *first > *last || *first >= size)
        return std::nullopt;
    return ByteRange {*first, std::min(*last, size - 1)};
}

std::optional<ByteRange> parseContentRange(std::string_view header)
{
    const auto dash = header.find('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    const auto first = number(header.substr(0, dash));
    const auto last = number(header.substr(dash + 1));
    if (!first || !last || *first > *last)
        return std::nullopt;
    return ByteRange {*first, *last};
}

} // namespace remote::registry
