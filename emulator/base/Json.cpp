// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Json.h"

namespace emulator {

Result<Json> parseJson(std::string_view text)
{
    try {
        return Json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
        return Error(ErrorCode::Invalid, error.what());
    }
}

} // namespace emulator
