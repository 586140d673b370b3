// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/State.h"
#include "emulator/model/Studio.h"

#include <string>
#include <vector>

/// What versions of an app differ in.
namespace emulator::api {

/// A function for people and for comparing: its digests are the same on every control plane that
/// has been given the same code and settings.
[[nodiscard]] model::DeployedFunction describe(const control::State& state,
                                               const store::FunctionRecord& function);

/// "sha256:…" of an image once it was exported; empty before.
[[nodiscard]] std::string manifestOf(const control::State& state, const std::string& imageId);

/// The functions of a staging against the live version, by name; those that it leaves out last.
[[nodiscard]] std::vector<model::StagedFunction>
differencesOf(const control::State& state, const control::StagingRegistry::Staging& staging);

/// Ids of the functions to try out before a staging goes live: for each image of a new or changed
/// function the cheapest that needs no parameters, cheapest first.
[[nodiscard]] std::vector<std::string> probesFor(const control::State& state,
                                                 const control::StagingRegistry::Staging& staging);

} // namespace emulator::api
