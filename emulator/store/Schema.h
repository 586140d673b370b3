// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace emulator::store {

/// The numbered files of resources/schema, in order: migration n leads from schema n to n + 1.
[[nodiscard]] std::vector<const char*> migrations();

} // namespace emulator::store
