// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/model/Engine.h"
#include "emulator/model/Studio.h"
#include "emulator/model/WorkerPorts.h"

#include <slipway.pb.h>

namespace emulator::rpc {

/// Between slipway.proto and the values of emulator/model.
[[nodiscard]] slipway::v1::Command toWire(const model::WorkerCommand& command);
[[nodiscard]] model::WorkerCommand fromWire(const slipway::v1::Command& command);
[[nodiscard]] slipway::v1::Event toWire(const model::WorkerEvent& event);
[[nodiscard]] model::WorkerEvent fromWire(const slipway::v1::Event& event);
[[nodiscard]] slipway::v1::UsageSample toWire(const model::UsageSample& sample);
[[nodiscard]] model::UsageSample fromWire(const slipway::v1::UsageSample& sample);
[[nodiscard]] slipway::v1::AppSummary toWire(const model::AppSummary& app);
[[nodiscard]] model::AppSummary fromWire(const slipway::v1::AppSummary& app);
[[nodiscard]] slipway::v1::TaskSummary toWire(const model::TaskSummary& task);
[[nodiscard]] model::TaskSummary fromWire(const slipway::v1::TaskSummary& task);
[[nodiscard]] slipway::v1::CallSummary toWire(const model::CallSummary& call);
[[nodiscard]] model::CallSummary fromWire(const slipway::v1::CallSummary& call);
[[nodiscard]] slipway::v1::CallOutput toWire(const model::CallOutput& output);
[[nodiscard]] model::CallOutput fromWire(const slipway::v1::CallOutput& output);
[[nodiscard]] slipway::v1::ImageSummary toWire(const model::ImageSummary& image);
[[nodiscard]] model::ImageSummary fromWire(const slipway::v1::ImageSummary& image);
[[nodiscard]] slipway::v1::LogLine toWire(const model::LogLine& line);
[[nodiscard]] model::LogLine fromWire(const slipway::v1::LogLine& line);
[[nodiscard]] slipway::v1::CostLine toWire(const model::CostLine& line);
[[nodiscard]] model::CostLine fromWire(const slipway::v1::CostLine& line);
[[nodiscard]] slipway::v1::CostPoint toWire(const model::CostPoint& point);
[[nodiscard]] model::CostPoint fromWire(const slipway::v1::CostPoint& point);
[[nodiscard]] slipway::v1::NodeSummary toWire(const model::NodeSummary& node);
[[nodiscard]] model::NodeSummary fromWire(const slipway::v1::NodeSummary& node);
[[nodiscard]] slipway::v1::Resources toWire(const model::Resources& resources);
[[nodiscard]] model::Resources fromWire(const slipway::v1::Resources& resources);
[[nodiscard]] slipway::v1::Image toWire(const model::Image& image);
[[nodiscard]] model::Image fromWire(const slipway::v1::Image& image);
[[nodiscard]] slipway::v1::DeploymentSummary toWire(const model::DeploymentSummary& deployment);
[[nodiscard]] model::DeploymentSummary fromWire(const slipway::v1::DeploymentSummary& deployment);
[[nodiscard]] slipway::v1::StagedApp toWire(const model::StagedApp& app);
[[nodiscard]] model::StagedApp fromWire(const slipway::v1::StagedApp& app);
[[nodiscard]] slipway::v1::PromoteProgress toWire(const model::PromoteProgress& progress);
[[nodiscard]] model::PromoteProgress fromWire(const slipway::v1::PromoteProgress& progress);
[[nodiscard]] slipway::v1::Budget toWire(const model::Budget& budget);
[[nodiscard]] model::Budget fromWire(const slipway::v1::Budget& budget);
[[nodiscard]] slipway::v1::KeptImage toWire(const model::KeptImage& image);
[[nodiscard]] model::KeptImage fromWire(const slipway::v1::KeptImage& image);
[[nodiscard]] slipway::v1::Runtime toWire(const model::RuntimeImage& runtime);
[[nodiscard]] model::RuntimeImage fromWire(const slipway::v1::Runtime& runtime);
[[nodiscard]] slipway::v1::TargetSummary toWire(const model::TargetSummary& target);
[[nodiscard]] model::TargetSummary fromWire(const slipway::v1::TargetSummary& target);
[[nodiscard]] slipway::v1::DaemonStatus toWire(const model::DaemonStatus& status);
[[nodiscard]] model::DaemonStatus fromWire(const slipway::v1::DaemonStatus& status);

} // namespace emulator::rpc
