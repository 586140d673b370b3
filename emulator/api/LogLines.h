// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/model/Studio.h"

#include <modal_proto/api.pb.h>

/// Log lines as the client wants them.
namespace emulator::api {

[[nodiscard]] ::modal::client::FileDescriptor descriptorOf(const model::LogLine& line);
/// Adds a line to a batch, which holds lines of one task.
void addLine(::modal::client::TaskLogsBatch& batch, const model::LogLine& line);

} // namespace emulator::api
