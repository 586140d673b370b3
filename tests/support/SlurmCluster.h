// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Subprocess.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace support {

/// A real Slurm cluster on this machine (tests/support/slurm): nodes n1 and n2 with four h100
/// each, n3 with two a100; partitions main, short (5 minutes) and closed (down); accounts research
/// and small (one GPU, two jobs). One cluster serves a whole run of ctest, so a test begins with
/// reset(). The calls that change it return an empty string, or what went wrong.
class SlurmCluster {
public:
    /// The cluster that ctest brought up, else one that lives as long as the value. Not ready()
    /// when this machine cannot have one; failure() says why and skip() whether that is a defect.
    SlurmCluster();
    ~SlurmCluster();
    SlurmCluster(const SlurmCluster&) = delete;
    SlurmCluster& operator=(const SlurmCluster&) = delete;

    [[nodiscard]] bool ready() const { return m_failure.empty(); }
    [[nodiscard]] bool skip() const { return m_skip; }
    [[nodiscard]] const std::string& failure() const { return m_failure; }

    [[nodiscard]] const std::string& folder() const { return m_folder; }
    [[nodiscard]] std::string configuration() const { return m_folder + "/etc/slurm.conf"; }
    [[nodiscard]] std::string restUrl() const; ///< "http://127.0.0.1:26904", wants a JWT
    [[nodiscard]] std::string restSocket() const { return m_folder + "/run/rest/socket"; }
    [[nodiscard]] std::string jobsFolder() const { return m_folder + "/jobs"; } ///< anybody writes

    /// Unprivileged Unix users with an account and a home folder.
    [[nodiscard]] static std::vector<std::string> users() { return {"slipdev1", "slipdev2"}; }

    /// Runs a program of Slurm as root: {"squeue", "-h"}; what it printed, both streams.
    [[nodiscard]] emulator::Output slurm(std::vector<std::string> argv) const;

    /// Every daemon up, no jobs, all nodes idle.
    [[nodiscard]] std::string reset() const;

    [[nodiscard]] std::string killNode(const std::string& node) const; ///< with all that runs there
    [[nodiscard]] std::string crashSlurmd(const std::string& node) const; ///< its jobs live on
    [[nodiscard]] std::string startNode(const std::string& node) const;

    /// `daemon`: slurmctld, slurmdbd, slurmrestd.
    [[nodiscard]] std::string stop(const std::string& daemon) const;
    [[nodiscard]] std::string start(const std::string& daemon) const; ///< and waits for its answer
    [[nodiscard]] std::string pause(const std::string& daemon) const; ///< SIGSTOP: it is silent
    [[nodiscard]] std::string resume(const std::string& daemon) const;

    /// Pids, as this machine sees them, of what runs for a job (slurmstepd not among them).
    [[nodiscard]] static std::vector<int> processesOf(const std::string& jobId);

    /// Polls until `condition` holds; false after `limit`.
    [[nodiscard]] static bool until(const std::function<bool()>& condition,
                                    std::chrono::seconds limit = std::chrono::seconds(60));

private:
    [[nodiscard]] std::string daemon(const std::string& verb, const std::string& name) const;

    std::string m_folder;
    std::string m_failure;
    bool m_skip = false;
    bool m_own = false;
};

} // namespace support
