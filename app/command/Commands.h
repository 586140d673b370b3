// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "app/command/Context.h"

#include <cstdint>
#include <string>
#include <vector>

/// The commands of slip, one function each; all return the exit code.
namespace app::command {

int up(const Context& context);
int down(const Context& context);
int status(const Context& context);
int env(const Context& context);

struct RunOptions {
    std::string target; ///< APP.py[::NAME]
    std::vector<std::string> arguments;
    std::string runId; ///< made up when empty
    std::string exitFile; ///< gets the exit code at the end; empty: none
};
int run(const Context& context, const RunOptions& options);
int exec(const Context& context, const std::vector<std::string>& command);

struct DeployOptions {
    std::string app; ///< APP.py[::NAME]
    std::string target = "local";
    std::string name;
    std::string tag;
    std::string strategy = "rolling";
    std::string budget; ///< dollars, or "none"
    bool planOnly = false;
    bool yes = false;
    bool probe = true;
};
int deploy(const Context& context, const DeployOptions& options);

struct RollbackOptions {
    std::string app;
    std::string version; ///< "3", "v3"; empty: the one before
    std::string target = "local";
    std::string strategy = "rolling";
};
int rollback(const Context& context, const RollbackOptions& options);

struct DeploymentsOptions {
    std::string app;
    std::string target = "local";
    std::vector<unsigned> difference; ///< two versions
};
int deployments(const Context& context, const DeploymentsOptions& options);

/// `amount`: dollars, "none", or empty to say what it is.
int budget(const Context& context, const std::string& target, const std::string& app,
           const std::string& amount);

int apps(const Context& context);
int calls(const Context& context, const std::string& app);
int tasks(const Context& context, const std::string& app, bool onlyLive);
int images(const Context& context);
int stop(const Context& context, const std::string& id);

struct LogOptions {
    std::string subject;
    bool follow = false;
    std::string since; ///< "5m", "2h", "1d"
    std::string pattern; ///< regular expression
};
int logs(const Context& context, const LogOptions& options);

int cost(const Context& context, const std::string& app, const std::string& by);
int api(const Context& context, bool onlyMissing);
int doctor(const Context& context);

struct GpuExecOptions {
    std::string card = "H100";
    unsigned count = 1;
    std::vector<std::string> command;
};
int gpuExec(const Context& context, const GpuExecOptions& options);
int gpuCards(const Context& context);
int gpuSmi(const Context& context, const std::string& card, unsigned count);

int helpEnvironment();

} // namespace app::command
