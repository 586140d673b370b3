// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/container/Bench.h"

#include "emulator/base/Subprocess.h"

#include <QtGlobal>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>
#include <thread>

using namespace emulator;
using namespace emulator::container;

std::string readToEnd(int fd)
{
    std::string text;
    std::array<char, 4096> part {};
    for (ssize_t got = 0; (got = ::read(fd, part.data(), part.size())) > 0;)
        text.append(part.data(), static_cast<std::size_t>(got));
    return text;
}

std::unique_ptr<Bench> Bench::create(std::string& why)
{
    auto folder = TempDir::create();
    if (!folder) {
        why = folder.error().message();
        return nullptr;
    }
    std::unique_ptr<Bench> bench(new Bench(*std::move(folder)));
    ::chmod(bench->folder().c_str(), 0755);
    // Cached beside the build for whoever built; another user's layers are its own, as in life.
    const std::filesystem::path build = SLIPWAY_BINARY_DIR;
    struct stat owner {};
    const bool mine = ::stat(build.c_str(), &owner) == 0 && owner.st_uid == ::geteuid();
    bench->m_image = mine ? build / "tests/rootfs" : bench->folder() / "image";
    CommandLine command;
    command.argv = {SLIPWAY_SOURCE_DIR "/tests/container/make-rootfs.sh", bench->m_image.string()};
    if (const auto made = emulator::run(command); !made || !made->status.success()) {
        why = made ? "make-rootfs.sh: " + made->standardError : made.error().message();
        return nullptr;
    }
    auto launcher = Launcher::create(bench->folder() / "state");
    if (!launcher) {
        why = launcher.error().message();
        return nullptr;
    }
    bench->m_launcher = *std::move(launcher);
    const char* expected = std::getenv("SLIPWAY_EXPECT_WAY");
    const auto way = bench->m_launcher->capability().way;
    if (expected != nullptr
        && (way == Capability::Way::Subordinate) != (std::string_view(expected) == "subordinate"))
        qFatal("expected ids: %s", expected);
    return bench;
}

bool Bench::root() const
{
    return m_launcher->capability().way == Capability::Way::Root;
}

bool Bench::watched() const
{
    return m_launcher->capability().limiter == Capability::Limiter::Watchdog;
}

ContainerPlan Bench::shell(const std::string& script)
{
    ContainerPlan plan;
    plan.id = "ta-" + std::to_string(++m_next);
    plan.layers = {m_image};
    plan.writes = folder() / ("writes-" + std::to_string(m_next));
    plan.argv = {"/bin/sh", "-c", script};
    plan.environment = {{"PATH", "/usr/bin:/bin"}};
    plan.hostname = "box";
    return plan;
}

ContainerPlan Bench::python(const std::string& code)
{
    auto plan = shell({});
    plan.argv = {"python", "-c", code};
    return plan;
}

Bench::Ended Bench::finish(Container& container)
{
    Ended ended;
    std::thread errors([&] { ended.error = readToEnd(container.standardError()); });
    ended.output = readToEnd(container.standardOutput());
    errors.join();
    const auto exit = container.wait({});
    if (exit)
        ended.exit = *exit;
    else
        ended.failure = exit.error().message();
    return ended;
}

Bench::Ended Bench::run(const ContainerPlan& plan)
{
    auto container = m_launcher->launch(plan);
    if (!container)
        return {{}, {}, {}, container.error().message()};
    return finish(**container);
}
