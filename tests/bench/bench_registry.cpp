// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// An image of about 200 MB, packed, pushed and pulled: ours beside tar|zstd and skopeo. Prints
// JSON.

#include "emulator/base/Subprocess.h"
#include "remote/registry/HttpRegistry.h"
#include "remote/registry/Puller.h"
#include "remote/registry/Push.h"
#include "tests/bench/Timing.h"
#include "tests/remote_registry/DockerRegistry.h"
#include "tests/remote_registry/Samples.h"

#include <cstdio>
#include <filesystem>

using namespace remote::registry;
namespace fs = std::filesystem;

namespace {

constexpr int rounds = 3;
constexpr int files = 2000;
constexpr std::size_t bytesPerFile = 100'000;

bool ran(std::vector<std::string> argv)
{
    const auto output = emulator::run({.argv = std::move(argv)});
    return output && output->status.success();
}

/// Half of each file is noise, half repeats itself: as much to compress as in a Python environment.
void fill(const fs::path& layer)
{
    const auto half = samples::noise(bytesPerFile / 2, 1);
    for (int i = 0; i < files; ++i) {
        const auto folder = layer / "opt" / std::to_string(i % 50);
        fs::create_directories(folder);
        samples::write(folder / (std::to_string(i) + ".bin"),
                       samples::noise(bytesPerFile / 2, static_cast<unsigned>(i) + 2) + half);
    }
}

std::unique_ptr<Registry> open(const samples::DockerRegistry& docker, const std::string& repository,
                               const emulator::Clock& clock)
{
    HttpRegistryOptions options;
    options.url = "http://127.0.0.1:" + std::to_string(docker.port()) + "/" + repository;
    return *createHttpRegistry(options, clock, [] { return 0.5; });
}

} // namespace

int main()
{
    samples::Home home(1, 1000);
    const auto layer = home.store.layers() / home.image.layers[0];
    fill(layer);
    const auto exporter = *Exporter::create(home.store);
    emulator::Json result = emulator::Json::object();

    bench::Race pack;
    pack.add("slipway", [&] {
        fs::remove_all(home.store.home / "oci");
        return static_cast<bool>((*Exporter::create(home.store))->exportImage(home.image, {}, {}));
    });
    pack.add("tar|zstd", [&] {
        return ran({"sh", "-c", "tar -C \"$1\" -cf - . | zstd -q -3 -T1 -f -o \"$2\"", "sh",
                    layer.string(), (home.store.home / "reference.tar.zst").string()});
    });
    result["pack"] = pack.measure(rounds, "tar|zstd");

    // skopeo remembers which registry has what, so each push gets one of its own.
    std::vector<std::unique_ptr<samples::DockerRegistry>> empty;
    for (int i = 0; i < 2 * rounds + 1; ++i)
        empty.push_back(samples::DockerRegistry::start(samples::DockerRegistry::Kind::Plain));
    const auto exported = exporter->exportImage(home.image, {}, {});
    if (!empty.back() || !exported) {
        result["push"] = {{"skipped", "docker-registry is not installed"}};
        std::printf("%s\n", result.dump(2).c_str());
        return 0;
    }
    result["bytes"] = exported->totalBytes;
    const emulator::SystemClock clock;
    const auto source = "oci:" + exporter->layoutFolder().string() + ":" + exported->name;
    const auto host = [](const samples::DockerRegistry& docker) {
        return "docker://127.0.0.1:" + std::to_string(docker.port()) + "/";
    };
    const auto docker = std::move(empty.back());
    empty.pop_back();
    bench::Race pushes;
    pushes.add("slipway", [&] {
        const auto target = std::move(empty.back());
        empty.pop_back();
        const auto registry = open(*target, "ours", clock);
        return static_cast<bool>(push(*exported, exporter->layoutFolder(), *registry, {}, {}));
    });
    pushes.add("skopeo", [&] {
        const auto target = std::move(empty.back());
        empty.pop_back();
        return ran({"skopeo", "--insecure-policy", "copy", "-q", "--dest-no-creds",
                    "--dest-tls-verify=false", source, host(*target) + "theirs:x"});
    });
    result["push"] = pushes.measure(rounds, "skopeo");

    const auto registry = open(*docker, "pulled", clock);
    static_cast<void>(push(*exported, exporter->layoutFolder(), *registry, {}, {}));
    home.image.manifest = exported->manifest.digest;
    bench::Race pulls;
    pulls.add("slipway", [&] {
        const auto node = *emulator::TempDir::create();
        return static_cast<bool>(createPuller(*registry)->fetch(home.image, {node.path()}, {}, {}));
    });
    pulls.add("skopeo and tar", [&] {
        const auto node = *emulator::TempDir::create();
        return ran({"sh", "-c",
                    "skopeo --insecure-policy copy -q --src-no-creds --src-tls-verify=false \"$1\" "
                    "dir:\"$2\"/dir && mkdir \"$2\"/tree && "
                    "zstd -qdc \"$2\"/dir/\"$3\" | tar -C \"$2\"/tree -xf - && sync -f \"$2\"",
                    "sh", host(*docker) + "pulled:" + exported->name, node.path().string(),
                    std::string(hexOf(exported->layers[0].digest))});
    });
    result["pull"] = pulls.measure(rounds, "skopeo and tar");
    std::printf("%s\n", result.dump(2).c_str());
    return 0;
}
