// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "emulator/base/Result.h"
#include "emulator/model/Engine.h"
#include "emulator/model/Studio.h"
#include "emulator/rpc/StudioClient.h"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace app::client {

/// What the window needs of a daemon. StudioPort speaks to a real one, tests feed their own.
/// Calls block; they come from several threads.
class DaemonPort {
public:
    using Filter = emulator::rpc::StudioClient::Filter;
    template<typename T>
    using Result = emulator::Result<T>;

    virtual ~DaemonPort() = default;

    [[nodiscard]] virtual Result<emulator::model::DaemonStatus> status() = 0;
    [[nodiscard]] virtual Result<std::vector<emulator::model::AppSummary>>
    apps(const Filter& filter) = 0;
    [[nodiscard]] virtual Result<std::vector<emulator::model::TaskSummary>>
    tasks(const Filter& filter) = 0;
    [[nodiscard]] virtual Result<std::vector<emulator::model::CallSummary>>
    calls(const Filter& filter) = 0;
    [[nodiscard]] virtual Result<std::vector<emulator::model::ImageSummary>> images() = 0;
    [[nodiscard]] virtual Result<std::vector<emulator::model::CostLine>> cost() = 0;
    [[nodiscard]] virtual Result<std::vector<emulator::model::CallOutput>>
    callOutputs(const std::string& callId) = 0;
    [[nodiscard]] virtual Result<std::string> stop(const std::string& id) = 0;

    /// The targets that the daemon of this machine holds a line to.
    [[nodiscard]] virtual Result<std::vector<emulator::model::TargetSummary>> targets() = 0;
    [[nodiscard]] virtual emulator::Result<> reconnectTarget(const std::string& name) = 0;
    /// The versions of deployed apps; of one app with its name or id, of all without.
    [[nodiscard]] virtual Result<std::vector<emulator::model::DeploymentSummary>>
    deployments(const std::string& app) = 0;
    [[nodiscard]] virtual Result<std::vector<emulator::model::NodeSummary>> nodes() = 0;
    /// Cost since a time, cut into buckets; of all apps without an id.
    [[nodiscard]] virtual Result<std::vector<emulator::model::CostPoint>>
    costSeries(const std::string& appId, emulator::Micros since, std::uint32_t bucketSeconds) = 0;

    [[nodiscard]] virtual emulator::Result<>
    streamLogs(const emulator::model::LogQuery& query,
               const std::function<void(std::vector<emulator::model::LogLine>)>& onLines,
               std::stop_token stop)
        = 0;
    [[nodiscard]] virtual emulator::Result<>
    streamUsage(const std::string& appId, std::uint64_t afterSequence,
                const std::function<void(std::vector<emulator::model::UsageSample>)>& onSamples,
                std::stop_token stop)
        = 0;
    [[nodiscard]] virtual emulator::Result<> watchChanges(const std::function<void()>& onChange,
                                                          std::stop_token stop)
        = 0;

    DaemonPort(const DaemonPort&) = delete;
    DaemonPort& operator=(const DaemonPort&) = delete;

protected:
    DaemonPort() = default;
};

} // namespace app::client
