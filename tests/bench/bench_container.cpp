// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Starting a container until its first process has ended: native exec, `crun run`, and ours, on the
// same root, in the same rounds. Prints JSON.

#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"
#include "emulator/container/Launcher.h"
#include "emulator/image/Builder.h"
#include "emulator/worker/ContainerSteps.h"
#include "tests/bench/Timing.h"

#include <sched.h>
#include <sys/mount.h>

#include <cstdio>
#include <filesystem>

using namespace emulator;
namespace fs = std::filesystem;

namespace {

bool runs(std::vector<std::string> argv, const std::string& folder = {})
{
    const auto output = run({.argv = std::move(argv), .workingDirectory = folder});
    return output && output->status.success();
}

/// An OCI bundle on `root` for crun, with the default spec.
void makeBundle(const fs::path& folder, const fs::path& root, const std::vector<std::string>& argv)
{
    fs::create_directories(folder);
    runs({"crun", "spec"}, folder.string());
    const auto text = readFile(folder / "config.json");
    auto json = text ? parseJson(*text) : Result<Json>(Error(ErrorCode::NotFound, "no crun"));
    if (!json)
        return;
    (*json)["process"]["terminal"] = false;
    (*json)["process"]["args"] = argv;
    (*json)["root"] = {{"path", root.string()}, {"readonly", true}};
    static_cast<void>(writeFileAtomically(folder / "config.json", json->dump()));
}

class Bench {
public:
    Bench(fs::path home, container::Launcher& launcher)
        : m_home(std::move(home))
        , m_launcher(launcher)
    {
    }

    Json race(const fs::path& root, const std::vector<std::string>& argv, int rounds,
              const std::string& module = {})
    {
        const auto bundle = m_home / ("bundle" + std::to_string(++m_count));
        makeBundle(bundle, root, argv);
        bench::Race race;
        race.add("native exec", [&] { return runs(argv); });
        race.add("crun run", [&] {
            return runs(
                {"crun", "run", "--bundle", bundle.string(), "bench" + std::to_string(++m_count)});
        });
        race.add("slipway cold", [&] { return start(root, argv, false); });
        if (!module.empty()) {
            const std::vector<std::string> forked {"python3", "-m", module};
            static_cast<void>(start(root, forked, true)); // its import is not what is measured
            race.add("slipway forked", [this, root, forked] { return start(root, forked, true); });
        }
        return race.measure(rounds, "native exec");
    }

private:
    bool start(const fs::path& root, const std::vector<std::string>& argv, bool forked)
    {
        container::ContainerPlan plan;
        plan.id = "bench-" + std::to_string(++m_count);
        plan.layers = {root};
        plan.writes = m_home / "run" / plan.id;
        plan.argv = argv;
        plan.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
        auto container = forked
            ? m_launcher.launchForked(
                  plan,
                  {.layers = plan.layers, .environment = plan.environment, .preload = {argv[2]}})
            : m_launcher.launch(plan);
        if (!container)
            return false;
        const auto exit = (*container)->wait({});
        return exit && exit->code == 0;
    }

    fs::path m_home;
    container::Launcher& m_launcher;
    int m_count = 0;
};

} // namespace

int main(int argc, char** argv)
{
    if (argc > 1 && std::string_view(argv[1]) == "--launcher")
        return container::launcherMain(argc, argv);
    // crun refuses a machine whose v1 hierarchies have an unused v2 one beside them; for this
    // process and its children the unused one goes.
    if (::unshare(CLONE_NEWNS) == 0
        && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0)
        ::umount2("/sys/fs/cgroup/unified", MNT_DETACH);
    const auto home = TempDir::create();
    auto launcher = container::Launcher::create(home->path() / "run");
    if (!launcher) {
        std::printf("%s\n", Json {{"skipped", launcher.error().message()}}.dump().c_str());
        return 0;
    }
    const auto busybox = home->path() / "busybox";
    fs::create_directories(busybox / "bin");
    std::error_code failed;
    fs::copy_file("/bin/busybox", busybox / "bin" / "busybox", failed);

    const image::Store store {home->path()};
    worker::ContainerSteps steps(**launcher);
    model::ImageRecipe recipe;
    recipe.commands = {"FROM python:3.11-slim-bookworm"};
    const auto python
        = image::Builder::create(store, steps)->build(recipe, [](std::string_view) { }, {});

    Bench bench(home->path(), **launcher);
    Json result;
    result["static program"] = bench.race(busybox, {"/bin/busybox", "true"}, 30);
    if (python)
        result["python3 -c pass"] = bench.race(image::layerFolder(store, python->layers.front()),
                                               {"/usr/bin/python3", "-c", "pass"}, 20, "this");
    std::printf("%s\n", result.dump(2).c_str());
    return 0;
}
