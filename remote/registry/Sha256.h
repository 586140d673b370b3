// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace remote::registry {

/// The SHA-256 of bytes that come in pieces. One thread.
class Sha256 {
public:
    Sha256();

    void update(std::string_view bytes);

    /// "sha256:<hex>" of what has come; nothing may come afterwards.
    [[nodiscard]] std::string digest();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> m_context;
};

} // namespace remote::registry
