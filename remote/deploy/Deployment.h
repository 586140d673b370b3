// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/rpc/StudioClient.h"
#include "remote/deploy/ClientRun.h"
#include "remote/deploy/Courier.h"
#include "remote/deploy/Plan.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

namespace remote::deploy {

/// A control plane and how this machine reaches it.
struct Place {
    std::string name; ///< "local", "hpc"
    std::string engine;
    std::string state;
    std::filesystem::path socket; ///< of its Studio API
    std::map<std::string, std::string> clientEnvironment; ///< for the stock client
    bool local = false; ///< it has this machine's images
    RegistryPlace registry; ///< unless it is local
};

/// What the user asks for.
struct Request {
    std::string app; ///< "app.py::name"
    std::filesystem::path project; ///< the folder of the file
    std::string modal; ///< the stock client's program
    std::string name;
    std::string tag;
    std::string strategy = "rolling";
    bool probe = true;
    std::optional<std::int64_t> budgetMicros; ///< 0: none
};

/// What is being done, in its order.
enum class Stage { Build, Push, Register, Submit, Probe, Live };
enum class StageState { Running, Done, Failed, Skipped };
[[nodiscard]] const char* nameOf(Stage stage); ///< "build"
[[nodiscard]] const char* nameOf(StageState state); ///< "running"

/// Hears how a deployment goes. Called on the thread that carries it out.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void onStage(Stage stage, StageState state, const std::string& text) = 0;
    virtual void onProgress(Stage stage, std::uint64_t done, std::uint64_t total) = 0;
    virtual void onLog(std::string_view line) = 0;

    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;

protected:
    Observer() = default;
};

/// Why nothing was deployed. What was live still is.
struct Failure {
    Stage stage = Stage::Build;
    std::string what;
    std::string why;
    std::string fix;
    bool resumable = true; ///< the same command goes on from where it was
    bool usersOwn = false; ///< the user's code or build, not the target
    bool cancelled = false;
    std::uint32_t liveVersion = 0;
};

struct Deployed {
    std::string appId;
    std::string appName;
    std::uint32_t version = 0;
};

/// One app on its way to one target: plan(), then carryOut(). What it has staged and not made live
/// is discarded with it. One thread.
class Deployment {
public:
    /// `home`: SLIPWAY_HOME, with this machine's images.
    Deployment(Request request, std::filesystem::path home, Place here, Place target,
               Observer& observer);
    ~Deployment();

    /// Builds what is missing on this machine and finds out what would change.
    [[nodiscard]] Result<DeployPlan> plan(std::stop_token stop);
    /// After plan(): makes it so.
    [[nodiscard]] Result<Deployed> carryOut(std::stop_token stop);
    /// After one of them failed.
    [[nodiscard]] const Failure& failure() const { return m_failure; }

    Deployment(const Deployment&) = delete;
    Deployment& operator=(const Deployment&) = delete;

private:
    /// Runs one stage: tells of its begin and end, and makes a Failure of an error.
    template<typename Action>
    [[nodiscard]] Result<> perform(Stage stage, const std::string& text, Action action);
    [[nodiscard]] Result<> stageAt(const Place& place, std::string& nonce, std::stop_token stop);
    [[nodiscard]] Result<> gather(std::stop_token stop);
    [[nodiscard]] Result<> gatherImages(std::stop_token stop);
    [[nodiscard]] Result<> bring(std::stop_token stop);
    [[nodiscard]] Result<> submitTo(const Place& target, std::stop_token stop);
    void report(Stage stage, const registry::Progress& progress);
    [[nodiscard]] Result<> promote(std::stop_token stop);
    [[nodiscard]] Error fail(Stage stage, Error error);
    static void discard(const emulator::rpc::StudioClient& studio, std::string& nonce);

    Request m_request;
    Place m_here;
    Place m_target;
    Observer& m_observer;
    Courier m_courier;
    emulator::rpc::StudioClient m_local;
    emulator::rpc::StudioClient m_remote;
    std::string m_localNonce; ///< what is staged here; empty: nothing
    std::string m_targetNonce; ///< what is staged there, when it is another place
    Facts m_facts;
    Deployed m_deployed;
    Failure m_failure;
    std::chrono::steady_clock::time_point m_reportedAt {};
};

} // namespace remote::deploy
