// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/client/DaemonPort.h"

#include <condition_variable>
#include <mutex>

/// A daemon of values: a test sets what it says and fires its streams. Thread-safe.
class FakeDaemon final : public app::client::DaemonPort {
public:
    /// What the calls answer; change it under edit().
    struct Data {
        bool down = false;
        std::vector<emulator::model::AppSummary> apps;
        std::vector<emulator::model::TaskSummary> tasks;
        std::vector<emulator::model::CallSummary> calls;
        std::vector<emulator::model::ImageSummary> images;
        std::vector<emulator::model::CostLine> cost;
        std::vector<emulator::model::CallOutput> outputs;
        std::vector<emulator::model::LogLine> logs;
        std::vector<emulator::model::UsageSample> usage;
        std::vector<std::string> stopped;
        std::vector<emulator::model::TargetSummary> targets;
        std::vector<std::string> reconnected;
        std::vector<emulator::model::DeploymentSummary> deployments;
        std::vector<emulator::model::NodeSummary> nodes;
        std::vector<emulator::model::CostPoint> costPoints;
    };

    /// Changes the data and tells all that wait.
    void edit(const std::function<void(Data&)>& change);
    [[nodiscard]] Data data() const;

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
    template<typename T>
    Result<T> answer(T Data::* field) const;
    template<typename T>
    emulator::Result<> follow(std::vector<T> Data::* field, std::uint64_t after,
                              const std::function<void(std::vector<T>)>& give,
                              const std::stop_token& stop);

    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::uint64_t m_version = 0;
    Data m_data;
};
