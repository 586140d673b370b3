// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/store/Records.h"

#include <modal_proto/api.pb.h>

#include <string>
#include <vector>

namespace emulator::api {

/// Fills in what control needs to know of a definition: limits, resources, retries. Invalid names
/// a card that is not in `cards`, with those that are; Unsupported names a feature that this
/// version does not serve.
[[nodiscard]] Result<> applySettings(store::FunctionRecord& record,
                                     const ::modal::client::Function& function,
                                     const std::vector<std::string>& cards);

/// Sentences about options of a definition that are taken but have no effect here.
[[nodiscard]] std::vector<std::string> warningsFor(const ::modal::client::Function& function);

} // namespace emulator::api
