// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/driver/Errors.h"

#include "emulator/gpu/client/Api.h"
#include "emulator/gpu/protocol/Codes.h"

#include <algorithm>
#include <iterator>

namespace emulator::gpu::client {
namespace {

constexpr ErrorText texts[] = {
#include "emulator/gpu/client/driver/Errors.inc"
};

} // namespace

const ErrorText* errorText(int code)
{
    const auto* const found
        = std::find_if(std::begin(texts), std::end(texts),
                       [code](const ErrorText& one) { return one.code == code; });
    return found == std::end(texts) ? nullptr : found;
}

} // namespace emulator::gpu::client
