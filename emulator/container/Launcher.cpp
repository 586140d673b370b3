// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/Launcher.h"

#include "emulator/base/Files.h"
#include "emulator/base/Log.h"
#include "emulator/container/LauncherLink.h"
#include "emulator/container/Message.h"

#include <fcntl.h>

#include <array>
#include <cerrno>

namespace emulator::container {
namespace fs = std::filesystem;
namespace {

/// A pipe whose write end goes to the container.
struct Pipe {
    UniqueFd read;
    UniqueFd write;

    static Result<Pipe> create()
    {
        std::array<int, 2> ends {-1, -1};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            return errnoError("make a pipe", errno);
        return Pipe {UniqueFd(ends[0]), UniqueFd(ends[1])};
    }
};

class LinkedContainer final : public Container {
public:
    LinkedContainer(std::shared_ptr<LauncherLink> link, LauncherLink::Started started,
                    UniqueFd output, UniqueFd error)
        : m_link(std::move(link))
        , m_started(started)
        , m_output(std::move(output))
        , m_error(std::move(error))
    {
    }
    ~LinkedContainer() override { m_link->forget(m_started.handle); }

    int pid() const override { return m_started.pid; }
    int standardOutput() const override { return m_output.get(); }
    int standardError() const override { return m_error.get(); }
    void kill(int signal) override { m_link->kill(m_started.handle, signal); }
    Usage usage() const override { return m_link->usage(m_started.handle); }
    Result<ContainerExit> wait(std::stop_token stop) override
    {
        return m_link->wait(m_started.handle, std::move(stop));
    }

private:
    std::shared_ptr<LauncherLink> m_link;
    LauncherLink::Started m_started;
    UniqueFd m_output;
    UniqueFd m_error;
};

bool hasNul(const std::string& text)
{
    return text.find('\0') != std::string::npos;
}

Result<> validate(const ContainerPlan& plan)
{
    const auto invalid = [](const std::string& why) { return Error(ErrorCode::Invalid, why); };
    if (plan.id.empty() || plan.id.find('/') != std::string::npos || plan.id[0] == '.')
        return invalid("'" + plan.id + "' is no container id");
    if (plan.argv.empty() || plan.argv[0].empty())
        return invalid("no program to run");
    if (plan.layers.empty())
        return invalid("no layers");
    if (!plan.writes.is_absolute())
        return invalid("the folder for writes must be an absolute path");
    if (plan.workingDirectory.empty() || plan.workingDirectory[0] != '/')
        return invalid("working directory '" + plan.workingDirectory + "' is not absolute");
    for (const auto& mount : plan.mounts) {
        if (mount.target.size() < 2 || mount.target[0] != '/')
            return invalid("mount target '" + mount.target + "' is not an absolute path below /");
        if (mount.kind != Mount::Kind::Tmpfs && !mount.source.is_absolute())
            return invalid("mount source '" + mount.source.string() + "' is not absolute");
    }
    for (const auto& text : plan.argv)
        if (hasNul(text))
            return invalid("a NUL in an argument");
    for (const auto& [key, value] : plan.environment)
        if (key.empty() || key.find('=') != std::string::npos || hasNul(key) || hasNul(value))
            return invalid("environment variable '" + key + "' cannot be passed to a program");
    return {};
}

class LinkedLauncher final : public Launcher {
public:
    explicit LinkedLauncher(std::shared_ptr<LauncherLink> link)
        : m_link(std::move(link))
    {
    }
    ~LinkedLauncher() override { m_link->close(); }

    const Capability& capability() const override { return m_link->capability(); }

    Result<std::unique_ptr<Container>> launch(const ContainerPlan& plan) override
    {
        return start({{"op", "launch"}, {"plan", toJson(plan)}}, plan);
    }

    Result<std::unique_ptr<Container>> launchForked(const ContainerPlan& plan,
                                                    const ZygotePlan& zygote) override
    {
        return start({{"op", "fork"}, {"plan", toJson(plan)}, {"zygote", toJson(zygote)}}, plan);
    }

private:
    Result<std::unique_ptr<Container>> start(Json order, const ContainerPlan& plan)
    {
        const auto within
            = [&](Error error) { return std::move(error).within("start " + plan.id); };
        if (auto valid = validate(plan); !valid)
            return within(valid.error());
        TRY_ASSIGN(Pipe output, Pipe::create());
        TRY_ASSIGN(Pipe error, Pipe::create());
        const std::array writeEnds {output.write.get(), error.write.get()};
        auto started = m_link->start(std::move(order), writeEnds);
        if (!started)
            return within(std::move(started).error());
        return std::unique_ptr<Container>(std::make_unique<LinkedContainer>(
            m_link, *started, std::move(output.read), std::move(error.read)));
    }

    std::shared_ptr<LauncherLink> m_link;
};

} // namespace

Result<std::unique_ptr<Launcher>> Launcher::create(const fs::path& stateFolder)
{
    auto link = LauncherLink::create(stateFolder);
    if (!link)
        return std::move(link).error().within("start the container helper");
    return std::unique_ptr<Launcher>(std::make_unique<LinkedLauncher>(*std::move(link)));
}

Result<Capability> probe(const fs::path& stateFolder)
{
    TRY_ASSIGN(const auto launcher, Launcher::create(stateFolder));
    return launcher->capability();
}

} // namespace emulator::container
