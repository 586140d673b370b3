// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/Holder.h"

#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"
#include "emulator/container/Kernel.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

namespace emulator::container {
namespace {

/// Whether real root may do what we need: it might itself be in a container without privileges.
bool mayMount()
{
    if (::geteuid() != 0)
        return false;
    const auto child = kernel::clone({});
    if (!child)
        return false;
    if (child->pid == 0)
        ::_exit(::unshare(CLONE_NEWNS) == 0 ? 0 : 1);
    int status = 1;
    ::waitpid(child->pid, &status, 0);
    return status == 0;
}

std::string userName()
{
    const passwd* entry = ::getpwuid(::getuid());
    return entry == nullptr ? std::string() : std::string(entry->pw_name);
}

/// The maps must be written from outside by a set-user-id program: a child stays there for it.
Result<> mapRange(const IdRange& users, const IdRange& groups)
{
    std::array<int, 2> gate {-1, -1};
    if (::pipe2(gate.data(), O_CLOEXEC) != 0)
        return errnoError("pipe", errno);
    UniqueFd wait(gate[0]);
    UniqueFd go(gate[1]);
    const auto pid = std::to_string(::getpid());
    const auto uid = std::to_string(::getuid());
    const auto gid = std::to_string(::getgid());
    TRY_ASSIGN(const auto mapper, kernel::clone({}));
    if (mapper.pid == 0) {
        go.reset();
        char byte = 0;
        if (::read(wait.get(), &byte, 1) != 1)
            ::_exit(1);
        const auto map = [&](const char* program, const std::string& id, const IdRange& range) {
            CommandLine command;
            command.argv = {program,
                            pid,
                            "0",
                            id,
                            "1",
                            "1",
                            std::to_string(range.start),
                            std::to_string(range.count)};
            const auto output = run(command);
            return output && output->status.success();
        };
        const bool mapped = map("newuidmap", uid, users) && map("newgidmap", gid, groups);
        ::_exit(mapped ? 0 : 1);
    }
    auto unshared = kernel::check("make a user namespace", ::unshare(CLONE_NEWUSER));
    if (unshared)
        (void)!::write(go.get(), "x", 1);
    go.reset();
    int status = 1;
    ::waitpid(mapper.pid, &status, 0);
    TRY(unshared);
    if (status != 0)
        return Error(ErrorCode::Denied, "newuidmap refused");
    return {};
}

Result<> write(const char* file, const std::string& text)
{
    const UniqueFd fd(::open(file, O_WRONLY | O_CLOEXEC));
    if (!fd || ::write(fd.get(), text.data(), text.size()) < 0)
        return errnoError(std::string("write ") + file, errno);
    return {};
}

Result<> mapOne(uid_t uid, gid_t gid)
{
    TRY(write("/proc/self/setgroups", "deny"));
    TRY(write("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1"));
    return write("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
}

/// A machine may allow user namespaces and yet nothing in them (AppArmor on Ubuntu 24.04).
Result<> becomeRoot(Capability::Way way)
{
    TRY(kernel::check("become group 0", ::setresgid(0, 0, 0)));
    TRY(kernel::check("become user 0", ::setresuid(0, 0, 0)));
    if (way == Capability::Way::Subordinate)
        TRY(kernel::check("leave all groups", ::setgroups(0, nullptr)));
    return {};
}

Error refused(const Error& why)
{
    return {ErrorCode::Unsupported,
            "this machine lets an ordinary user make no containers (" + why.message()
                + "). Allow user namespaces: sysctl user.max_user_namespaces and "
                  "kernel.unprivileged_userns_clone must not be 0; on Ubuntu 24.04 the package "
                  "installs an AppArmor profile with 'userns,' for this program"};
}

} // namespace

IdRange subordinateRange(const std::string& table, const std::string& name, unsigned long id)
{
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (second == std::string::npos)
            continue;
        const auto owner = line.substr(0, first);
        if (owner.empty() || (owner != name && owner != std::to_string(id)))
            continue;
        IdRange range;
        std::istringstream(line.substr(first + 1)) >> range.start;
        std::istringstream(line.substr(second + 1)) >> range.count;
        return range;
    }
    return {};
}

Result<Capability::Way> acquirePrivilege(std::vector<std::string>& notes)
{
    if (mayMount())
        return Capability::Way::Root;
    const auto uid = ::getuid();
    const auto gid = ::getgid();
    const auto name = userName();
    const auto subuid = readFile("/etc/subuid");
    const auto subgid = readFile("/etc/subgid");
    const auto users = subordinateRange(subuid ? *subuid : std::string(), name, uid);
    const auto groups = subordinateRange(subgid ? *subgid : std::string(), name, uid);

    std::string why;
    if (users.count == 0 || groups.count == 0)
        why = "no range for " + (name.empty() ? std::to_string(uid) : name)
            + " in /etc/subuid and /etc/subgid";
    else if (findProgram("newuidmap").empty() || findProgram("newgidmap").empty())
        why = "no newuidmap (package uidmap)";
    bool unshared = false;
    if (why.empty()) {
        auto mapped = mapRange(users, groups);
        if (mapped) {
            if (auto root = becomeRoot(Capability::Way::Subordinate); !root)
                return refused(root.error());
            return Capability::Way::Subordinate;
        }
        if (mapped.error().code() != ErrorCode::Denied)
            return refused(mapped.error());
        unshared = true;
        why = mapped.error().message();
    }
    notes.push_back("Containers know one user only (" + why
                    + "): owners of files in an image are not kept and programs run as root of "
                      "the container. For the whole range: install the package uidmap, then "
                      "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 <user>.");
    if (!unshared)
        if (auto made = kernel::check("make a user namespace", ::unshare(CLONE_NEWUSER)); !made)
            return refused(made.error());
    if (auto mapped = mapOne(uid, gid); !mapped)
        return refused(mapped.error());
    if (auto root = becomeRoot(Capability::Way::SingleId); !root)
        return refused(root.error());
    return Capability::Way::SingleId;
}

} // namespace emulator::container
