// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// A process may enter a namespace only with capabilities over the user namespace that owns it. The
// zygote has none: it runs code of the image. So the room's namespaces belong to a user namespace
// of their own, whose maker has the zygote's user; over such a one the kernel gives that user all
// capabilities, and over nothing else (user_namespaces(7)). What protects the host inside, masks
// and read-only mounts, is made outside of it by processes of ours, and is locked by the kernel
// when the room copies it.
//
// Four processes, because each step must be done from its own place:
//   scout     owns the mount namespace; a process does not change its own pid namespace, so it
//             makes the builder inside the zygote's and is gone (helpers without root could not
//             come back from there)
//   builder   makes init in new user and pid namespaces, maps its ids
//   furnisher has all privileges and is in init's pid namespace, so its /proc is the room's
//   init      copies the furnished mounts into its user namespace and stays as pid 1

#include "emulator/container/Room.h"

#include "emulator/base/Files.h"
#include "emulator/container/Kernel.h"
#include "emulator/container/Message.h"
#include "emulator/container/Root.h"
#include "emulator/container/Start.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <sstream>

namespace emulator::container {
namespace {

[[noreturn]] void fail(const RoomOrder& order, const Error& error)
{
    (void)sendMessage(order.status, pack({{"error", toJson(error)}}));
    ::_exit(125);
}

/// The ids that this process knows, each mapped to itself. A range must not cross a border of
/// the map above (user_namespaces(7)), so it is repeated line by line.
Result<> mapSame(pid_t pid, const char* file)
{
    TRY_ASSIGN(const std::string ours, readFile(std::string("/proc/self/") + file));
    std::istringstream lines(ours);
    std::string map;
    unsigned long inside = 0;
    unsigned long outside = 0;
    unsigned long count = 0;
    while (lines >> inside >> outside >> count)
        map += std::to_string(inside) + " " + std::to_string(inside) + " " + std::to_string(count)
            + "\n";
    const auto path = "/proc/" + std::to_string(pid) + "/" + file;
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd || ::write(fd.get(), map.data(), map.size()) < 0)
        return errnoError("write " + path, errno);
    return {};
}

Result<std::vector<UniqueFd>> openNamespaces()
{
    std::vector<UniqueFd> all;
    for (const char* name : {"user", "mnt", "pid", "ipc", "uts", "cgroup", "net"}) {
        const auto path = std::string("/proc/self/ns/") + name;
        all.emplace_back(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!all.back())
            return errnoError("open " + path, errno);
    }
    return all;
}

Result<> offer(const RoomOrder& order)
{
    const int network = order.plan.network == Network::None ? CLONE_NEWNET : 0;
    TRY(kernel::check(
        "make the room's namespaces",
        ::unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | network)));
    TRY(nameAndConnect(order.plan));
    TRY_ASSIGN(const Identity identity, identityOf(order.plan));
    TRY_ASSIGN(auto namespaces, openNamespaces());
    if (network == 0)
        namespaces.pop_back(); // the zygote has the host's already
    std::vector<int> numbers;
    for (const auto& each : namespaces)
        numbers.push_back(each.get());
    return sendMessage(order.status,
                       pack({{"room", {identity.user, identity.group, Json(identity.groups)}}}),
                       numbers);
}

[[noreturn]] void beInit(const RoomOrder& order, int gate)
{
    char byte = 0;
    if (::read(gate, &byte, 1) != 1)
        ::_exit(125); // the furnisher failed and has said so
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (auto offered = offer(order); !offered)
        fail(order, offered.error());
    stayAsInit(order.status, std::nullopt, false);
}

Result<> enterDoors(const RoomOrder& order)
{
    for (const auto& door : order.doors) {
        const UniqueFd file(::open(door.c_str(), O_WRONLY | O_CLOEXEC));
        if (!file || ::write(file.get(), "0", 1) != 1)
            return errnoError("enter " + door.parent_path().string(), errno);
    }
    return {};
}

/// Mounts everything, in a child that is in the pid namespace of `init`.
Result<> furnish(const RoomOrder& order, int init)
{
    TRY(kernel::check("enter the room's processes", ::setns(init, CLONE_NEWPID)));
    TRY_ASSIGN(const auto furnisher, kernel::clone({}));
    if (furnisher.pid == 0) {
        if (auto entered = enterRoot(order.plan, order.capability, order.stateFolder); !entered)
            fail(order, entered.error());
        ::_exit(0);
    }
    int status = 1;
    ::waitpid(furnisher.pid, &status, 0);
    if (status != 0)
        ::_exit(125);
    return {};
}

Result<> build(const RoomOrder& order)
{
    std::array<int, 2> gate {-1, -1};
    if (::pipe2(gate.data(), O_CLOEXEC) != 0)
        return errnoError("pipe", errno);
    UniqueFd wait(gate[0]);
    UniqueFd go(gate[1]);
    kernel::Clone what;
    what.flags = CLONE_PARENT | CLONE_NEWUSER | CLONE_NEWPID;
    what.wantHandle = true;
    TRY_ASSIGN(const auto init, kernel::clone(what));
    if (init.pid == 0) {
        go.reset();
        beInit(order, wait.get());
    }
    // As the helper and its /proc number it, not as the zygote's namespace does.
    const pid_t pid = kernel::processOf(init.handle.get());
    TRY(sendMessage(order.status, pack({{"init", pid}})));
    TRY(mapSame(pid, "uid_map"));
    TRY(mapSame(pid, "gid_map"));
    TRY(furnish(order, init.handle.get()));
    return kernel::check("open the room", ::write(go.get(), "x", 1));
}

Result<> scout(const RoomOrder& order)
{
    TRY(enterDoors(order));
    TRY(kernel::check("enter the zygote's processes", ::setns(order.zygote, CLONE_NEWPID)));
    kernel::Clone what;
    what.flags = CLONE_PARENT;
    what.wantHandle = true;
    TRY_ASSIGN(const auto builder, kernel::clone(what));
    if (builder.pid != 0)
        return sendMessage(order.status,
                           pack({{"builder", kernel::processOf(builder.handle.get())}}));
    if (auto built = build(order); !built)
        fail(order, built.error());
    ::_exit(0);
}

} // namespace

void buildRoom(const RoomOrder& order)
{
    if (auto scouted = scout(order); !scouted)
        fail(order, scouted.error());
    ::_exit(0);
}

} // namespace emulator::container
