// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <chrono>
#include <string>
#include <vector>

namespace remote::slurm {

/// One request over HTTP.
struct HttpCall {
    std::string method = "GET";
    std::string url;
    std::string socket; ///< a unix socket's path; empty: TCP to the URL's host
    std::vector<std::string> headers; ///< "Name: value"; may hold secrets, never shown
    std::string body; ///< JSON; empty: none
    std::chrono::milliseconds timeout {};
};

struct HttpReply {
    long status = 0;
    std::string body;
};

/// Sends it and waits for the whole reply; no proxy, no redirects. Unavailable, naming the URL,
/// when there is none in time or nobody listens. Any status is a reply.
[[nodiscard]] emulator::Result<HttpReply> send(const HttpCall& call);

} // namespace remote::slurm
