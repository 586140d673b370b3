// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// From submitting a job to its first octet of output: sbatch by hand, ours through the programs
// and through REST; and what it takes to look at the jobs. Prints JSON.

#include "emulator/base/Files.h"
#include "remote/engines/slurm/SlurmEngine.h"
#include "tests/bench/Timing.h"
#include "tests/support/SlurmCluster.h"

#include <cstdio>
#include <thread>

using namespace emulator;
using remote::slurm::DriverChoice;
using remote::slurm::Options;
using remote::slurm::SlurmEngine;
using support::SlurmCluster;

namespace {

bool written(const std::string& path)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
        const auto text = readFile(path);
        if (text && !text->empty())
            return true;
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

Options options(const SlurmCluster& cluster, DriverChoice driver)
{
    Options options;
    options.tag = "slipway-bench";
    options.driver = driver;
    options.rest.url = cluster.restUrl();
    options.environment = {{"SLURM_CONF", cluster.configuration()}};
    options.submitTimeout = options.queryTimeout = std::chrono::seconds(60);
    return options;
}

} // namespace

int main()
{
    const SlurmCluster cluster;
    const auto problem = cluster.ready() ? cluster.reset() : cluster.failure();
    if (!problem.empty()) {
        std::printf("%s\n", Json {{"skipped", problem}}.dump().c_str());
        return 0;
    }
    int count = 0;
    const auto output = [&] { return cluster.jobsFolder() + "/bench-" + std::to_string(++count); };
    bench::Race starts;
    starts.add("sbatch", [&] {
        const auto path = output();
        return cluster
                   .slurm({"sbatch", "--parsable", "--export=NONE", "--output=" + path,
                           "--wrap=echo running"})
                   .status.success()
            && written(path);
    });
    bench::Race lists;
    lists.add("squeue", [&] {
        return cluster.slurm({"squeue", "--noheader", "--states=all"}).status.success();
    });
    std::vector<std::unique_ptr<SlurmEngine>> engines;
    for (const auto& [name, driver] :
         {std::pair {"programs", DriverChoice::Cli}, std::pair {"rest", DriverChoice::Rest}}) {
        auto made = SlurmEngine::create(options(cluster, driver));
        if (!made) {
            std::printf("%s\n", Json {{"skipped", made.error().message()}}.dump().c_str());
            return 0;
        }
        engines.push_back(*std::move(made));
        auto& engine = *engines.back();
        starts.add(name, [&engine, &output] {
            model::ReplicaOrder order;
            order.outputFile = output();
            order.replicaId = order.outputFile;
            order.command = {"/bin/echo", "running"};
            return engine.submit(order) && written(order.outputFile);
        });
        lists.add(name, [&engine] { return bool(engine.list()); });
    }
    const auto started = starts.measure(15, "sbatch");
    const Json result {{"submit_to_first_output", started},
                       {"list_of_45_jobs", lists.measure(15, "squeue")}};
    std::printf("%s\n", result.dump(2).c_str());
    return 0;
}
