// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/model/Engine.h"
#include "emulator/model/Studio.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::rpc {

/// The Studio API of one daemon: what the command line and the window use. Every call blocks for
/// at most five seconds, streams until they end; all run on any thread. Thread-safe.
/// Unavailable when no daemon answers.
class StudioClient {
public:
    struct Filter {
        std::string appId;
        std::string runId;
        bool onlyLive = false;
        std::uint32_t limit = 1000;
    };

    /// `socket`: the daemon's unix socket, HOME/run/studio.sock.
    explicit StudioClient(const std::filesystem::path& socket);
    ~StudioClient();

    [[nodiscard]] Result<model::DaemonStatus> status() const;
    [[nodiscard]] Result<> shutdown() const;
    [[nodiscard]] Result<std::vector<model::AppSummary>> apps(const Filter& filter) const;
    [[nodiscard]] Result<std::vector<model::TaskSummary>> tasks(const Filter& filter) const;
    [[nodiscard]] Result<std::vector<model::CallSummary>> calls(const Filter& filter) const;
    [[nodiscard]] Result<std::vector<model::ImageSummary>> images() const;
    [[nodiscard]] Result<std::vector<model::CallOutput>>
    callOutputs(std::string_view callId, std::uint32_t firstIndex, std::uint32_t limit) const;
    [[nodiscard]] Result<std::vector<model::CostLine>> cost(std::string_view appId) const;
    /// What stretches of time since a time cost, of one app or of all; stretches are whole minutes.
    [[nodiscard]] Result<std::vector<model::CostPoint>>
    costSeries(std::string_view appId, Micros since, std::uint32_t bucketSeconds) const;
    /// FailedPrecondition where one machine runs everything.
    [[nodiscard]] Result<std::vector<model::NodeSummary>> nodes() const;
    /// Stops an app, a call or a task; gives a sentence of what was stopped.
    [[nodiscard]] Result<std::string> stop(std::string_view id) const;
    [[nodiscard]] Result<std::vector<model::MethodSummary>> apiTable() const;

    // ---- deployments ----

    /// Versions of an app (its id or name), or of all apps when empty; newest first.
    [[nodiscard]] Result<std::vector<model::DeploymentSummary>>
    deployments(std::string_view app, std::uint32_t limit = 1000) const;
    [[nodiscard]] Result<model::StagedApp> staged(std::string_view nonce) const;
    /// Blocks until it is live, for as long as that takes; the version. An error: it is not, and
    /// what was live is untouched. Cancelled when `stop` fires, which ends the probe.
    [[nodiscard]] Result<std::uint32_t>
    promote(std::string_view nonce, std::string_view strategy, bool probe,
            const std::function<void(const model::PromoteProgress&)>& onProgress,
            std::stop_token stop) const;
    [[nodiscard]] Result<> discard(std::string_view nonce) const;
    struct RolledBack {
        std::string appId;
        std::uint32_t version = 0; ///< the new one
        std::uint32_t repeats = 0;
    };
    /// Makes a version that repeats an old one (0: the one before the live). Blocks for at most two
    /// minutes: "recreate" waits for the old containers.
    [[nodiscard]] Result<RolledBack> rollback(std::string_view app, std::uint32_t version,
                                              std::string_view strategy) const;
    /// 0: no budget.
    [[nodiscard]] Result<model::Budget> setBudget(std::string_view app, std::int64_t micros) const;
    /// Gives the ids that were there already. At most 30 seconds.
    [[nodiscard]] Result<std::vector<std::string>>
    importImages(const std::vector<model::KeptImage>& images,
                 const std::vector<model::RuntimeImage>& runtimes) const;

    // ---- targets ----

    /// The places that apps run at, `local` first: this machine's daemon knows them.
    [[nodiscard]] Result<std::vector<model::TargetSummary>> targets() const;
    /// Tells the daemon that targets.json has changed.
    [[nodiscard]] Result<> reloadTargets() const;
    [[nodiscard]] Result<> reconnectTarget(std::string_view name) const;

    /// Streams end with success when the daemon has no more, Cancelled when `stop` fires.
    [[nodiscard]] Result<>
    streamLogs(const model::LogQuery& query,
               const std::function<void(std::vector<model::LogLine>)>& onLines,
               std::stop_token stop) const;
    [[nodiscard]] Result<>
    streamUsage(std::string_view appId, std::string_view taskId, std::uint64_t afterSequence,
                bool follow, const std::function<void(std::vector<model::UsageSample>)>& onSamples,
                std::stop_token stop) const;
    [[nodiscard]] Result<> watchChanges(const std::function<void()>& onChange,
                                        std::stop_token stop) const;

    StudioClient(const StudioClient&) = delete;
    StudioClient& operator=(const StudioClient&) = delete;

private:
    struct Wire;
    std::unique_ptr<Wire> m_wire;
};

} // namespace emulator::rpc
