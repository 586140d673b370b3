// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/FirstBytes.h"

#include <algorithm>

namespace remote::tunnel {

namespace {

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n";
constexpr std::string_view registryRoot = "/v2";
constexpr std::size_t longestMethod = 16;

} // namespace

std::optional<std::string> serviceOf(std::string_view firstBytes)
{
    const auto common = std::min(firstBytes.size(), preface.size());
    if (firstBytes.substr(0, common) == preface.substr(0, common))
        return common == preface.size() ? std::optional<std::string>("api") : std::nullopt;

    const auto space = firstBytes.find(' ');
    if (space == std::string_view::npos)
        return firstBytes.size() < longestMethod ? std::nullopt
                                                 : std::optional<std::string>("http");
    const auto path = firstBytes.substr(space + 1);
    const auto shared = std::min(path.size(), registryRoot.size());
    if (path.substr(0, shared) != registryRoot.substr(0, shared))
        return "http";
    if (path.size() <= registryRoot.size())
        return std::nullopt;
    const char next = path[registryRoot.size()];
    return next == '/' || next == ' ' || next == '?' ? "registry" : "http";
}

} // namespace remote::tunnel
