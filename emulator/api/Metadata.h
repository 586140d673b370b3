// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/State.h"

#include <modal_proto/api.pb.h>

#include <string>

/// What clients and containers are told about functions, classes and apps.
namespace emulator::api {

/// The client's own description of a function, with the options of a bound one laid over it.
[[nodiscard]] ::modal::client::Function definitionOf(const store::FunctionRecord& function);

/// FunctionHandleMetadata: what a handle of the function knows. A class's service function
/// ("C.*") carries that of each method.
[[nodiscard]] ::modal::client::FunctionHandleMetadata
metadataOf(const store::FunctionRecord& function, const ::modal::client::Function& definition);

/// ClassHandleMetadata of the class whose service function this is.
[[nodiscard]] ::modal::client::ClassHandleMetadata
classMetadataOf(const store::FunctionRecord& service, const ::modal::client::Function& definition);

/// FunctionData with at least one ranked function: what a client from 1.6 on insists on.
[[nodiscard]] ::modal::client::FunctionData
functionDataOf(const ::modal::client::Function& definition);

/// Every function and class of an app with its metadata, and every object that they depend on:
/// what a container resolves names with. Complete, because a gap is a KeyError in the container.
/// With `staging`, as it would be if that were live.
[[nodiscard]] ::modal::client::AppLayout
layoutOf(const control::State& state, const store::AppRecord& app,
         const control::StagingRegistry::Staging* staging = nullptr);

} // namespace emulator::api
