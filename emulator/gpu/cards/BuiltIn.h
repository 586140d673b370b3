// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

namespace emulator::gpu::cards {

/// resources/gpus.json as it was when this was built; BuiltIn.cpp is generated from it.
extern const std::string_view builtInCards;

} // namespace emulator::gpu::cards
