// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Http.h"

#include <string>
#include <string_view>

namespace remote::registry {

/// One sentence of an answer that is no success, with what the registry says itself
/// (distribution-spec, "Error Codes": errors[].code and message), and what to do about it.
[[nodiscard]] Error refusalOf(const HttpResponse& response, std::string_view registry);

} // namespace remote::registry
