// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remote::registry {

/// How a server wants to be told who calls (RFC 9110 §11.6.1, WWW-Authenticate).
struct Challenge {
    std::string scheme; ///< lower case: "bearer", "basic"
    std::map<std::string, std::string> parameters; ///< names in lower case: realm, service, scope
};

/// The challenges of one header, in order; what cannot be read ends the list.
[[nodiscard]] std::vector<Challenge> parseChallenges(std::string_view header);

} // namespace remote::registry
