// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "app/command/Context.h"

#include <string>
#include <vector>

/// slip cluster …: targets, one function a command; all return the exit code.
namespace app::command {

struct ClusterAddOptions {
    std::string name;
    std::string ssh; ///< a host as ssh knows it
    std::string socket; ///< instead: another home's connect.sock
    std::string home; ///< SLIPWAY_HOME over there; empty: the usual place
    std::vector<std::string> sshOptions; ///< "Port=2222"
    std::string engine; ///< "slurm", "local"; empty: as it is over there
    std::string partition;
    std::string account;
    std::string qos;
    std::string listen;
    std::string advertise;
    std::string nodeCache;
    std::string gpu; ///< "real", "emulated"
    std::vector<std::string> engineEnvironment; ///< "SLURM_CONF=/etc/…"
    std::string registry;
    std::string registryUser;
    std::string registryPasswordFile; ///< "-": standard input
    std::string registryCertificate;
};
int clusterAdd(const Context& context, const ClusterAddOptions& options);
int clusterList(const Context& context);
int clusterTest(const Context& context, const std::string& name);
int clusterRemove(const Context& context, const std::string& name);
int clusterReconnect(const Context& context, const std::string& name);

} // namespace app::command
