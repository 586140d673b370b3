// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// One RUN on a tiny base, made and found again: ours beside buildah. Prints JSON.

#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"
#include "emulator/container/Launcher.h"
#include "emulator/image/Builder.h"
#include "emulator/worker/ContainerSteps.h"
#include "tests/bench/Timing.h"

#include <cstdio>
#include <filesystem>

using namespace emulator;
namespace fs = std::filesystem;

namespace {

bool buildah(std::vector<std::string> arguments, const fs::path& root)
{
    std::vector<std::string> argv {"buildah", "--root", (root / "storage").string(), "--runroot",
                                   (root / "runroot").string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const auto output = run({.argv = std::move(argv)});
    return output && output->status.success();
}

void prepareBuildah(const fs::path& folder, const fs::path& root)
{
    static_cast<void>(writeFileAtomically(folder / "Dockerfile.base",
                                          "FROM scratch\nADD bin /bin\nENV PATH=/bin\n"));
    buildah({"bud", "--layers", "--isolation", "chroot", "-t", "bench-base", "-f",
             (folder / "Dockerfile.base").string(), root.string()},
            folder);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc > 1 && std::string_view(argv[1]) == "--launcher")
        return container::launcherMain(argc, argv);
    const auto home = TempDir::create();
    auto launcher = container::Launcher::create(home->path() / "run");
    if (!launcher) {
        std::printf("%s\n", Json {{"skipped", launcher.error().message()}}.dump().c_str());
        return 0;
    }
    const image::Store store {home->path()};
    const auto root = image::layerFolder(store, "sha256:bench");
    fs::create_directories(root / "bin");
    std::error_code failed;
    fs::copy_file("/bin/busybox", root / "bin" / "busybox", failed);
    fs::create_symlink("busybox", root / "bin" / "sh", failed);

    worker::ContainerSteps steps(**launcher);
    const auto builder = image::Builder::create(store, steps);
    const Json base {{"id", "im-base"},
                     {"layers", {"sha256:bench"}},
                     {"python", ""},
                     {"substitutions", Json::array()},
                     {"config",
                      {{"environment", {{"PATH", "/bin"}}},
                       {"entrypoint", Json::array()},
                       {"command", Json::array()},
                       {"shell", {"/bin/sh", "-c"}},
                       {"workdir", ""},
                       {"user", ""},
                       {"labels", Json::object()}}}};
    static_cast<void>(writeFileAtomically(home->path() / "images" / "im-base.json", base.dump()));
    prepareBuildah(home->path(), root);

    int count = 0;
    const auto ours = [&](int number) {
        model::ImageRecipe recipe;
        recipe.commands = {"FROM base", "RUN echo " + std::to_string(number) + " > /made"};
        recipe.baseImages = {{"base", "im-base"}};
        return static_cast<bool>(builder->build(recipe, [](std::string_view) { }, {}));
    };
    const auto theirs = [&](int number) {
        const auto file = home->path() / "Dockerfile";
        static_cast<void>(writeFileAtomically(
            file, "FROM bench-base\nRUN echo " + std::to_string(number) + " > /made\n"));
        return buildah({"bud", "--layers", "--isolation", "chroot", "--pull-never", "-f",
                        file.string(), home->path().string() + "/empty"},
                       home->path());
    };
    fs::create_directories(home->path() / "empty");
    bench::Race uncached;
    uncached.add("slipway", [&] { return ours(++count); });
    uncached.add("buildah", [&] { return theirs(++count); });
    bench::Race cached;
    cached.add("slipway", [&] { return ours(1); });
    cached.add("buildah", [&] { return theirs(2); });
    Json result;
    result["uncached step"] = uncached.measure(6, "buildah");
    result["cached step"] = cached.measure(6, "buildah");
    std::printf("%s\n", result.dump(2).c_str());
    return 0;
}
