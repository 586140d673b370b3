// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/DaemonPort.h"

#include <filesystem>

namespace app::client {

/// The daemon behind HOME/run/studio.sock. Thread-safe.
class StudioPort final : public DaemonPort {
public:
    explicit StudioPort(const std::filesystem::path& socket);

    Result<emulator::model::DaemonStatus> status() override;
    Result<std::vector<emulator::model::AppSummary>> apps(const Filter& filter) override;
    Result<std::vector<emulator::model::TaskSummary>> tasks(const Filter& filter) override;
    Result<std::vector<emulator::model::CallSummary>> calls(const Filter& filter) override;
    Result<std::vector<emulator::model::ImageSummary>> images() override;
    Result<std::vector<emulator::model::CostLine>> cost() override;
    Result<std::vector<emulator::model::CallOutput>>
    callOutputs(const std::string& callId) override;
    Result<std::string> stop(const std::string& id) override;
    Result<std::vector<emulator::model::TargetSummary>> targets() override;
    emulator::Result<> reconnectTarget(const std::string& name) override;
    Result<std::vector<emulator::model::DeploymentSummary>>
    deployments(const std::string& app) override;
    Result<std::vector<emulator::model::NodeSummary>> nodes() override;
    Result<std::vector<emulator::model::CostPoint>>
    costSeries(const std::string& appId, emulator::Micros since,
               std::uint32_t bucketSeconds) override;
    emulator::Result<>
    streamLogs(const emulator::model::LogQuery& query,
               const std::function<void(std::vector<emulator::model::LogLine>)>& onLines,
               std::stop_token stop) override;
    emulator::Result<>
    streamUsage(const std::string& appId, std::uint64_t afterSequence,
                const std::function<void(std::vector<emulator::model::UsageSample>)>& onSamples,
                std::stop_token stop) override;
    emulator::Result<> watchChanges(const std::function<void()>& onChange,
                                    std::stop_token stop) override;

private:
    emulator::rpc::StudioClient m_client;
};

} // namespace app::client
