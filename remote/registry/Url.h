// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Descriptor.h"

#include <string>
#include <string_view>

namespace remote::registry {

/// A URL in the parts that matter here.
struct Url {
    std::string scheme; ///< "https", "http"
    std::string host; ///< lower case, IPv6 in brackets
    std::string port; ///< always there
    std::string path; ///< "/v2/team/…", as it was escaped
    std::string query; ///< without the question mark

    [[nodiscard]] std::string origin() const { return scheme + "://" + host + ":" + port; }
    [[nodiscard]] std::string text() const;
    /// 127.0.0.0/8, ::1, localhost.
    [[nodiscard]] bool isLoopback() const;
};

/// Invalid unless it is an http or https URL. One with a user name is refused: secrets do not
/// belong into addresses, which end up in messages.
[[nodiscard]] Result<Url> parseUrl(std::string_view text);

/// What `reference` (a Location header, absolute or relative) means in the document `base`
/// (RFC 3986 §5).
[[nodiscard]] Result<Url> resolveUrl(const Url& base, std::string_view reference);

/// "name=value" with the value escaped (RFC 3986 §2.1), added to a query.
void addQuery(Url& url, std::string_view name, std::string_view value);

} // namespace remote::registry
