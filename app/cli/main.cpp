// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Arguments.h"
#include "app/command/Cluster.h"
#include "app/command/Commands.h"
#include "emulator/container/Launcher.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

using namespace app::command;

namespace {

/// The arguments of every command, and which one was given.
struct Invocation {
    Context context;
    std::vector<std::string> passed; ///< for the program that it runs
    std::function<int()> action;
};

void addDaemon(CLI::App& slip, Invocation& call)
{
    const auto add = [&](const char* name, const char* help, int (*command)(const Context&)) {
        slip.add_subcommand(name, help)->callback([&call, command] {
            call.action = [&call, command] { return command(call.context); };
        });
    };
    add("up", "Start the daemon of this SLIPWAY_HOME; returns when it serves", up);
    add("down", "End the daemon and everything that it runs", down);
    add("status", "Say what the daemon does", status);
    add("env", "Print the variables that point the stock client at the target", env);
    add("doctor", "Say what this machine allows and how to get better", doctor);
    add("apps", "List apps", apps);
    add("images", "List images", images);
}

void addRun(CLI::App& slip, Invocation& call)
{
    static RunOptions options;
    auto* run = slip.add_subcommand(
        "run", "Run a function or local entrypoint: slip run APP.py[::NAME] [ARGS…]");
    run->add_option("--run-id", options.runId, "Name this run, to find its app by");
    run->add_option("--exit-file", options.exitFile,
                    "Write the exit code to this file at the end, for whoever is not the parent");
    run->callback([&call] {
        if (call.passed.empty())
            throw CLI::RequiredError("APP.py[::NAME]");
        options.target = call.passed.front();
        options.arguments.assign(call.passed.begin() + 1, call.passed.end());
        call.action = [&call] { return app::command::run(call.context, options); };
    });

    slip.add_subcommand(
            "exec", "Run any command with the client pointed at the target: slip exec -- COMMAND…")
        ->callback([&call] {
            if (call.passed.empty())
                throw CLI::RequiredError("COMMAND");
            call.action = [&call] { return app::command::exec(call.context, call.passed); };
        });
}

void addDeploy(CLI::App& slip, Invocation& call)
{
    const auto strategies = CLI::IsMember({"rolling", "recreate"});
    static DeployOptions options;
    auto* deploy = slip.add_subcommand(
        "deploy", "Plan a new version of an app, try it out, make it live: slip deploy APP.py");
    deploy->add_option("app", options.app, "APP.py[::NAME]")->required();
    deploy->add_option("--name", options.name, "Deploy under this name");
    deploy->add_option("--tag", options.tag, "A word for the history");
    deploy->add_option("--strategy", options.strategy, "How the old containers go")
        ->check(strategies)
        ->capture_default_str();
    deploy->add_option("--budget", options.budget, "Start no container beyond USD, or none");
    deploy->add_flag("--plan", options.planOnly, "Only say what would happen");
    deploy->add_flag("-y,--yes", options.yes, "Do not ask");
    deploy->add_flag("!--no-probe", options.probe, "Do not try a container out first");
    deploy->callback([&call] {
        options.target = call.context.target;
        call.action = [&call] { return app::command::deploy(call.context, options); };
    });

    static RollbackOptions back;
    auto* rollback = slip.add_subcommand("rollback", "Make a version that repeats an earlier one");
    rollback->add_option("app", back.app, "Name or ap-… of the app")->required();
    rollback->add_option("version", back.version, "As in 3; the one before the live by default");
    rollback->add_option("--strategy", back.strategy, "How the old containers go")
        ->check(strategies)
        ->capture_default_str();
    rollback->callback([&call] {
        back.target = call.context.target;
        call.action = [&call] { return app::command::rollback(call.context, back); };
    });

    static DeploymentsOptions list;
    auto* deployments = slip.add_subcommand("deployments", "List the versions of deployed apps");
    deployments->add_option("app", list.app, "Only of this app");
    deployments->add_option("--diff", list.difference, "What differs between two versions")
        ->expected(2);
    deployments->callback([&call] {
        list.target = call.context.target;
        call.action = [&call] { return app::command::deployments(call.context, list); };
    });

    static std::string app;
    static std::string amount;
    auto* budget = slip.add_subcommand("budget", "Say or set what a deployed app may cost");
    budget->add_option("app", app, "Name or ap-… of the app")->required();
    budget->add_option("amount", amount, "USD, or none");
    budget->callback([&call] {
        call.action = [&call] {
            return app::command::budget(call.context, call.context.target, app, amount);
        };
    });
}

void addLook(CLI::App& slip, Invocation& call)
{
    static std::string subject;
    static bool live = false;
    auto* calls = slip.add_subcommand("calls", "List calls");
    calls->add_option("app", subject, "Only of this app");
    calls->callback(
        [&call] { call.action = [&call] { return app::command::calls(call.context, subject); }; });
    auto* tasks = slip.add_subcommand("tasks", "List tasks");
    tasks->add_option("app", subject, "Only of this app");
    tasks->add_flag("--live", live, "Only those that run");
    tasks->callback([&call] {
        call.action = [&call] { return app::command::tasks(call.context, subject, live); };
    });
    auto* stop = slip.add_subcommand("stop", "Stop an app, a call or a task");
    stop->add_option("id", subject, "ap-…, fc-… or ta-…")->required();
    stop->callback(
        [&call] { call.action = [&call] { return app::command::stop(call.context, subject); }; });

    static LogOptions logOptions;
    auto* logs = slip.add_subcommand("logs", "Print log lines");
    logs->add_option("subject", logOptions.subject, "APP, TASK or IMAGE id");
    logs->add_flag("-f,--follow", logOptions.follow, "Go on as lines come");
    logs->add_option("--since", logOptions.since, "As in 5m, 2h, 1d");
    logs->add_option("--grep", logOptions.pattern, "Only lines that match this regular expression");
    logs->callback([&call] {
        call.action = [&call] { return app::command::logs(call.context, logOptions); };
    });

    static std::string by;
    auto* cost = slip.add_subcommand("cost", "What it would have cost, by our ledger");
    cost->add_option("app", subject, "Only of this app");
    cost->add_option("--by", by, "function, gpu or day")
        ->check(CLI::IsMember({"function", "gpu", "day"}));
    cost->callback([&call] {
        call.action = [&call] { return app::command::cost(call.context, subject, by); };
    });

    static bool missing = false;
    auto* api
        = slip.add_subcommand("api", "Every RPC of the API: served or refused, and calls seen");
    api->add_flag("--missing", missing, "Only those that are refused");
    api->callback(
        [&call] { call.action = [&call] { return app::command::api(call.context, missing); }; });
}

void addClusterAdd(CLI::App& cluster, Invocation& call)
{
    static ClusterAddOptions options;
    auto* add = cluster.add_subcommand(
        "add", "Set a cluster up and name it: slip cluster add NAME --ssh HOST --engine slurm");
    add->add_option("name", options.name, "Lower-case letters, digits and dashes")->required();
    auto* way = add->add_option_group("way");
    way->add_option("--ssh", options.ssh, "A host, as `ssh HOST` knows it");
    way->add_option("--socket", options.socket, "Another home's run/connect.sock, on this machine");
    way->require_option(1);
    add->add_option("--ssh-option", options.sshOptions, "As ssh's -o: Port=2222 (repeatable)");
    add->add_option("--home", options.home,
                    "SLIPWAY_HOME over there (default ~/.local/share/slipway-cluster)");
    add->add_option("--engine", options.engine, "What starts replicas (default: as it is there)")
        ->check(CLI::IsMember({"slurm", "local"}));
    add->add_option("--partition", options.partition, "Slurm's");
    add->add_option("--account", options.account, "Slurm's");
    add->add_option("--qos", options.qos, "Slurm's");
    add->add_option("--engine-env", options.engineEnvironment,
                    "A variable of the engine's programs: SLURM_CONF=… (repeatable)");
    add->add_option("--listen", options.listen, "The address over there that nodes dial");
    add->add_option("--advertise", options.advertise, "The host over there, as nodes know it");
    add->add_option("--node-cache", options.nodeCache, "A folder on each node's own disk");
    add->add_option("--gpu", options.gpu,
                    "emulated: our card; real: the nodes' own, which is not served yet")
        ->check(CLI::IsMember({"real", "emulated"}));
    auto* registry = add->add_option("--registry", options.registry,
                                     "Where images are pushed to: https://HOST/PREFIX");
    auto* user
        = add->add_option("--registry-user", options.registryUser, "Its password is asked for");
    user->needs(registry);
    add->add_option("--registry-password-file", options.registryPasswordFile, "-: standard input")
        ->needs(user);
    add->add_option("--registry-certificate", options.registryCertificate,
                    "A file over there with the authority that signed the registry's")
        ->needs(registry);
    add->callback([&call] { call.action = [&call] { return clusterAdd(call.context, options); }; });
}

void addCluster(CLI::App& slip, Invocation& call)
{
    auto* cluster = slip.add_subcommand("cluster", "Targets: clusters that apps run at");
    cluster->require_subcommand(1);
    cluster->fallthrough();
    addClusterAdd(*cluster, call);
    cluster->add_subcommand("list", "The targets, and whether they are reached")->callback([&call] {
        call.action = [&call] { return clusterList(call.context); };
    });
    static std::string name;
    const auto named = [&](const char* verb, const char* help,
                           int (*command)(const Context&, const std::string&)) {
        auto* sub = cluster->add_subcommand(verb, help);
        sub->add_option("name", name, "A name of `slip cluster list`")->required();
        sub->callback([&call, command] {
            call.action = [&call, command] { return command(call.context, name); };
        });
    };
    named("test", "Look at each step of the way and name the one that fails", clusterTest);
    named("remove", "Forget a cluster; what runs there goes on running", clusterRemove);
    named("reconnect", "Try to reach it at once", clusterReconnect);
}

void addGpu(CLI::App& slip, Invocation& call)
{
    static GpuExecOptions options;
    auto* gpu = slip.add_subcommand("gpu", "The emulated GPU");
    gpu->require_subcommand(1);
    gpu->fallthrough();
    auto* exec
        = gpu->add_subcommand("exec", "Run a CUDA program of this machine on an emulated card");
    exec->add_option("--card", options.card, "A card of `slip gpu cards`")->capture_default_str();
    exec->add_option("--count", options.count, "How many of them")->check(CLI::Range(1, 16));
    exec->callback([&call] {
        if (call.passed.empty())
            throw CLI::RequiredError("PROGRAM");
        options.command = call.passed;
        call.action = [&call] { return gpuExec(call.context, options); };
    });
    gpu->add_subcommand("cards", "The modelled cards, with the sources of their figures")
        ->callback([&call] { call.action = [&call] { return gpuCards(call.context); }; });
    auto* smi = gpu->add_subcommand("smi", "The familiar table");
    smi->add_option("--card", options.card)->capture_default_str();
    smi->add_option("--count", options.count)->check(CLI::Range(1, 16));
    smi->callback([&call] {
        call.action = [&call] { return gpuSmi(call.context, options.card, options.count); };
    });
}

} // namespace

int main(int argc, char** argv)
{
    // slip doctor tries containers out, and their helper is this program again.
    if (argc > 1 && std::string_view(argv[1]) == "--launcher")
        return emulator::container::launcherMain(argc, argv);

    auto home = emulator::local::Home::find();
    if (!home)
        return report(home.error());
    const auto arguments = Arguments::split({argv + 1, argv + argc});
    Invocation call {{*std::move(home)}, arguments.passed, {}};
    call.context.version = SLIPWAY_VERSION;

    CLI::App slip("Slipway: run and debug serverless GPU functions on this machine", "slip");
    slip.set_version_flag("--version", "slip " SLIPWAY_VERSION);
    slip.require_subcommand(1);
    slip.fallthrough();
    slip.add_flag("--json", call.context.json, "Print records as JSON");
    slip.add_option("--target", call.context.target,
                    "Where to: `local`, or a cluster of `slip cluster list`")
        ->envname("SLIPWAY_TARGET");
    addDaemon(slip, call);
    addRun(slip, call);
    addDeploy(slip, call);
    addLook(slip, call);
    addGpu(slip, call);
    addCluster(slip, call);
    std::string topic;
    auto* help = slip.add_subcommand("help", "help environment: the variables that Slipway reads");
    help->add_option("topic", topic)->check(CLI::IsMember({"environment"}));
    help->callback([&] {
        call.action = [&] {
            if (topic == "environment")
                return helpEnvironment();
            std::fputs(slip.help().c_str(), stdout);
            return static_cast<int>(Done);
        };
    });

    try {
        // CLI11 takes them from the back.
        slip.parse(std::vector<std::string>(arguments.own.rbegin(), arguments.own.rend()));
    } catch (const CLI::ParseError& error) {
        return slip.exit(error) == 0 ? Done : WrongUsage;
    }
    return call.action();
}
