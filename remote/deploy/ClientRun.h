// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/deploy/GitState.h"

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace remote::deploy {

/// One run of the stock client's `modal deploy` whose publication is kept back under a nonce.
struct ClientRun {
    std::string modal; ///< the program
    std::string app; ///< "app.py::name"
    std::string name; ///< --name; empty: the app's own
    std::string tag; ///< --tag
    std::map<std::string, std::string> environment; ///< that points it at a control plane
    std::string nonce;
    std::optional<GitState> git;
};

/// The value of MODAL_OVERRIDE_HEADERS: "name:value" pairs between commas.
[[nodiscard]] std::string headersFor(const ClientRun& run);

/// Whether a line of the client's output says that the app is live, which it is not yet.
[[nodiscard]] bool isVerdict(std::string_view line);

/// Runs it to its end; `onLine` sees what it prints, without its verdict. FailedPrecondition with
/// its last words when it fails: the user's code or build did.
[[nodiscard]] Result<> runClient(const ClientRun& run,
                                 const std::function<void(std::string_view)>& onLine,
                                 std::stop_token stop);

} // namespace remote::deploy
