// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/Limiter.h"

#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"
#include "emulator/container/ProcessTree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

namespace emulator::container {
namespace fs = std::filesystem;
namespace {

constexpr int periodMicros = 100'000;

Result<> put(const fs::path& file, const std::string& value)
{
    const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd || ::write(fd.get(), value.data(), value.size()) < 0)
        return errnoError("write " + value + " to " + file.string(), errno);
    return {};
}

std::uint64_t number(const fs::path& file)
{
    std::ifstream in(file);
    std::uint64_t value = 0;
    in >> value;
    return value;
}

/// The number after `key` in a file of "key number" lines.
std::uint64_t field(const fs::path& file, const std::string& key)
{
    std::ifstream in(file);
    std::string name;
    std::uint64_t value = 0;
    while (in >> name >> value)
        if (name == key)
            return value;
    return 0;
}

Result<> makeFolder(const fs::path& folder)
{
    if (::mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST)
        return {};
    return errnoError("make " + folder.string(), errno);
}

std::string quota(double cpus)
{
    return std::to_string(std::max(1000L, std::lround(cpus * periodMicros)));
}

std::uint64_t above(std::uint64_t all, std::uint64_t part)
{
    return all > part ? all - part : 0;
}

class GroupV1 final : public Group {
public:
    explicit GroupV1(std::map<std::string, fs::path> folders)
        : m_folders(std::move(folders))
    {
    }

    Result<> limit(const Limits& limits)
    {
        if (limits.cpus > 0) {
            TRY(put(m_folders["cpu"] / "cpu.cfs_period_us", std::to_string(periodMicros)));
            TRY(put(m_folders["cpu"] / "cpu.cfs_quota_us", quota(limits.cpus)));
        }
        if (limits.memoryBytes > 0) {
            const auto bytes = std::to_string(limits.memoryBytes);
            TRY(put(m_folders["memory"] / "memory.limit_in_bytes", bytes));
            // Only kernels that account swap have it.
            if (const auto swap = m_folders["memory"] / "memory.memsw.limit_in_bytes";
                fs::exists(swap))
                TRY(put(swap, bytes));
        }
        if (limits.processes > 0)
            TRY(put(m_folders["pids"] / "pids.max", std::to_string(limits.processes)));
        return {};
    }

    std::vector<fs::path> doors() const override
    {
        std::vector<fs::path> all;
        for (const auto& folder : folders())
            all.push_back(folder / "cgroup.procs");
        return all;
    }

    std::vector<fs::path> folders() const override
    {
        std::vector<fs::path> all;
        for (const auto& [controller, folder] : m_folders)
            if (std::find(all.begin(), all.end(), folder) == all.end())
                all.push_back(folder);
        return all;
    }

    Usage usage(std::span<const int>) override
    {
        const auto& memory = m_folders["memory"];
        return {number(m_folders["cpuacct"] / "cpuacct.usage") / 1000,
                above(number(memory / "memory.usage_in_bytes"),
                      field(memory / "memory.stat", "total_inactive_file")),
                number(memory / "memory.max_usage_in_bytes")};
    }

    bool ranOutOfMemory() const override
    {
        return field(m_folders.at("memory") / "memory.oom_control", "oom_kill") > 0;
    }

private:
    std::map<std::string, fs::path> m_folders; ///< by controller
};

class LimiterV1 final : public Limiter {
public:
    explicit LimiterV1(std::map<std::string, fs::path> folders)
        : m_folders(std::move(folders))
    {
    }

    Capability::Limiter kind() const override { return Capability::Limiter::CgroupV1; }

    Result<std::unique_ptr<Group>> admit(const std::string& id, const Limits& limits) override
    {
        std::map<std::string, fs::path> folders;
        for (const auto& [controller, folder] : m_folders) {
            folders[controller] = folder / id;
            TRY(makeFolder(folder / id));
        }
        auto group = std::make_unique<GroupV1>(std::move(folders));
        TRY(group->limit(limits));
        return std::unique_ptr<Group>(std::move(group));
    }

    std::vector<fs::path> folders() const override
    {
        std::vector<fs::path> all;
        for (const auto& [controller, folder] : m_folders)
            all.push_back(folder);
        return all;
    }

private:
    std::map<std::string, fs::path> m_folders;
};

class GroupV2 final : public Group {
public:
    GroupV2(fs::path folder, UniqueFd directory)
        : m_folder(std::move(folder))
        , m_directory(std::move(directory))
    {
    }

    Result<> limit(const Limits& limits)
    {
        if (limits.cpus > 0)
            TRY(put(m_folder / "cpu.max", quota(limits.cpus) + " " + std::to_string(periodMicros)));
        if (limits.memoryBytes > 0) {
            TRY(put(m_folder / "memory.max", std::to_string(limits.memoryBytes)));
            if (fs::exists(m_folder / "memory.swap.max"))
                TRY(put(m_folder / "memory.swap.max", "0"));
            TRY(put(m_folder / "memory.oom.group", "1"));
        }
        if (limits.processes > 0)
            TRY(put(m_folder / "pids.max", std::to_string(limits.processes)));
        return {};
    }

    int directory() const override { return m_directory.get(); }
    std::vector<fs::path> doors() const override { return {m_folder / "cgroup.procs"}; }
    std::vector<fs::path> folders() const override { return {m_folder}; }

    Usage usage(std::span<const int>) override
    {
        const auto now = above(number(m_folder / "memory.current"),
                               field(m_folder / "memory.stat", "inactive_file"));
        // memory.peak came with Linux 5.19.
        m_peak = std::max({m_peak, now, number(m_folder / "memory.peak")});
        return {field(m_folder / "cpu.stat", "usage_usec"), now, m_peak};
    }

    bool ranOutOfMemory() const override
    {
        return field(m_folder / "memory.events", "oom_kill") > 0;
    }

private:
    fs::path m_folder;
    UniqueFd m_directory;
    std::uint64_t m_peak = 0;
};

class LimiterV2 final : public Limiter {
public:
    explicit LimiterV2(fs::path folder)
        : m_folder(std::move(folder))
    {
    }

    Capability::Limiter kind() const override { return Capability::Limiter::CgroupV2; }

    Result<std::unique_ptr<Group>> admit(const std::string& id, const Limits& limits) override
    {
        const auto folder = m_folder / id;
        TRY(makeFolder(folder));
        UniqueFd directory(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        auto group = std::make_unique<GroupV2>(folder, std::move(directory));
        TRY(group->limit(limits));
        return std::unique_ptr<Group>(std::move(group));
    }

    std::vector<fs::path> folders() const override { return {m_folder}; }

private:
    fs::path m_folder;
};

class GroupByWatching final : public Group {
public:
    Usage usage(std::span<const int> roots) override
    {
        ProcessSum sum;
        for (const int root : roots) {
            const auto tree = sumOf(root);
            sum.cpuMicros += tree.cpuMicros;
            sum.memoryBytes += tree.memoryBytes;
        }
        m_usage.cpuMicros = std::max(m_usage.cpuMicros, sum.cpuMicros);
        m_usage.memoryBytes = sum.memoryBytes;
        m_usage.memoryPeakBytes = std::max(m_usage.memoryPeakBytes, sum.memoryBytes);
        return m_usage;
    }

private:
    Usage m_usage;
};

class LimiterByWatching final : public Limiter {
public:
    Capability::Limiter kind() const override { return Capability::Limiter::Watchdog; }

    Result<std::unique_ptr<Group>> admit(const std::string&, const Limits&) override
    {
        return std::unique_ptr<Group>(std::make_unique<GroupByWatching>());
    }
};

std::string ownName()
{
    return "slipway-" + std::to_string(::getpid());
}

Result<std::unique_ptr<Limiter>> tryV1(const std::vector<Hierarchy>& all)
{
    std::map<std::string, fs::path> folders;
    for (const char* controller : {"cpu", "cpuacct", "memory", "pids"}) {
        const auto found = std::find_if(all.begin(), all.end(), [&](const Hierarchy& each) {
            return std::find(each.controllers.begin(), each.controllers.end(), controller)
                != each.controllers.end();
        });
        if (found == all.end())
            return Error(ErrorCode::Unsupported, std::string("no cgroup v1 ") + controller);
        folders[controller] = found->folder / ownName();
        TRY(makeFolder(folders[controller]));
    }
    return std::unique_ptr<Limiter>(std::make_unique<LimiterV1>(std::move(folders)));
}

/// Asks the user's systemd for a scope of our own that we may divide.
void askForScope()
{
    CommandLine command;
    command.argv = {"busctl",
                    "--user",
                    "call",
                    "org.freedesktop.systemd1",
                    "/org/freedesktop/systemd1",
                    "org.freedesktop.systemd1.Manager",
                    "StartTransientUnit",
                    "ssa(sv)a(sa(sv))",
                    ownName() + ".scope",
                    "fail",
                    "2",
                    "PIDs",
                    "au",
                    "1",
                    std::to_string(::getpid()),
                    "Delegate",
                    "b",
                    "true",
                    "0"};
    const auto before = readFile("/proc/self/cgroup");
    if (!run(command))
        return;
    // systemd moves us a moment after it has answered.
    for (int i = 0; i < 50; ++i) {
        if (const auto now = readFile("/proc/self/cgroup"); now && before && *now != *before)
            return;
        ::usleep(10'000);
    }
}

std::vector<Hierarchy> ownHierarchies()
{
    const auto cgroup = readFile("/proc/self/cgroup");
    const auto mounts = readFile("/proc/self/mountinfo");
    return cgroup && mounts ? hierarchies(*cgroup, *mounts) : std::vector<Hierarchy>();
}

/// A group may have processes or divide its resources, not both: we go into a leaf, and
/// containers are its siblings.
Result<std::unique_ptr<Limiter>> divide(const fs::path& own)
{
    const auto offered = readFile(own / "cgroup.controllers");
    for (const char* controller : {"cpu", "memory", "pids"})
        if (!offered || offered->find(controller) == std::string::npos)
            return Error(ErrorCode::Unsupported,
                         std::string("cgroup v2 without the controller ") + controller);
    const auto base = own / ownName();
    TRY(makeFolder(base));
    const auto divided = [&]() -> Result<> {
        if (!put(own / "cgroup.subtree_control", "+cpu +memory +pids")) {
            TRY(makeFolder(base / "helper"));
            TRY(put(base / "helper" / "cgroup.procs", std::to_string(::getpid())));
            TRY(put(own / "cgroup.subtree_control", "+cpu +memory +pids"));
        }
        return put(base / "cgroup.subtree_control", "+cpu +memory +pids");
    }();
    if (divided)
        return std::unique_ptr<Limiter>(std::make_unique<LimiterV2>(base));
    // Back to where we came from, so that the tries leave nothing behind.
    (void)put(own / "cgroup.procs", std::to_string(::getpid()));
    ::rmdir((base / "helper").c_str());
    ::rmdir(base.c_str());
    return divided.error();
}

Result<std::unique_ptr<Limiter>> tryV2()
{
    const auto second = []() -> std::optional<Hierarchy> {
        for (auto& each : ownHierarchies())
            if (each.controllers.empty())
                return std::move(each);
        return std::nullopt;
    };
    auto own = second();
    if (!own)
        return Error(ErrorCode::Unsupported, "no cgroup v2");
    if (::geteuid() == 0) {
        // The group we were started in has other processes, so it cannot be divided; the top can.
        if (auto limiter = divide(own->mountPoint))
            return limiter;
        return divide(own->folder);
    }
    auto limiter = divide(own->folder);
    if (limiter)
        return limiter;
    askForScope();
    own = second();
    return own ? divide(own->folder) : std::move(limiter);
}

} // namespace

std::vector<Hierarchy> hierarchies(const std::string& cgroup, const std::string& mountInfo)
{
    std::vector<Hierarchy> all;
    std::istringstream lines(cgroup);
    for (std::string line; std::getline(lines, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (second == std::string::npos)
            continue;
        Hierarchy found;
        std::istringstream names(line.substr(first + 1, second - first - 1));
        for (std::string name; std::getline(names, name, ',');)
            found.controllers.push_back(name);
        const auto inside = line.substr(second + 1);

        std::istringstream mounts(mountInfo);
        for (std::string mount; std::getline(mounts, mount);) {
            std::istringstream words(mount);
            std::string skip;
            std::string root;
            std::string point;
            words >> skip >> skip >> skip >> root >> point;
            while (words >> skip && skip != "-") { }
            std::string type;
            std::string options;
            words >> type >> skip >> options;
            const bool wanted = found.controllers.empty() ? type == "cgroup2"
                                                          : type == "cgroup"
                    && ("," + options + ",").find("," + found.controllers[0] + ",")
                        != std::string::npos;
            if (!wanted)
                continue;
            const bool below = root != "/" && inside.rfind(root, 0) == 0;
            found.mountPoint = point;
            found.folder = fs::path(point + "/" + (below ? inside.substr(root.size()) : inside))
                               .lexically_normal();
            break;
        }
        if (!found.folder.empty())
            all.push_back(std::move(found));
    }
    return all;
}

std::unique_ptr<Limiter> makeLimiter(std::vector<std::string>& notes)
{
    auto second = tryV2();
    if (second)
        return *std::move(second);
    auto first = tryV1(ownHierarchies());
    if (first)
        return *std::move(first);
    notes.push_back("Limits are held by watching (no cgroups: " + second.error().message() + "; "
                    + first.error().message()
                    + "): a container may pass its memory limit for a moment. On a desktop with "
                      "systemd, start Slipway inside your session, or enable delegation: "
                      "systemctl edit user@.service, Delegate=cpu memory pids.");
    return std::make_unique<LimiterByWatching>();
}

} // namespace emulator::container
