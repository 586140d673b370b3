// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/Identity.h"

#include "emulator/container/Kernel.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>

namespace emulator::container {
namespace {

/// What dpkg, apt and pip use while they install; the set that containers usually keep.
constexpr std::array buildCapabilities {
    CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,  CAP_FSETID,           CAP_KILL,    CAP_SETGID,
    CAP_SETUID, CAP_MKNOD,        CAP_SETFCAP, CAP_NET_BIND_SERVICE, CAP_SETPCAP, CAP_SYS_CHROOT,
};

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    for (;;) {
        const auto cut = text.find(separator);
        parts.push_back(text.substr(0, cut));
        if (cut == std::string_view::npos)
            return parts;
        text.remove_prefix(cut + 1);
    }
}

std::optional<std::uint32_t> number(std::string_view text)
{
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

/// The fields of the line whose first field is `name` or whose third is `id`.
std::vector<std::string_view> entry(std::string_view table, std::string_view name,
                                    std::optional<std::uint32_t> id)
{
    for (const auto line : split(table, '\n')) {
        auto fields = split(line, ':');
        if (fields.size() >= 3 && (fields[0] == name || (id && number(fields[2]) == id)))
            return fields;
    }
    return {};
}

std::uint64_t keptCapabilities(Privilege privilege)
{
    std::uint64_t kept = 0;
    if (privilege == Privilege::Build)
        for (const int capability : buildCapabilities)
            kept |= std::uint64_t {1} << capability;
    return kept;
}

Result<> limitBounding(std::uint64_t kept)
{
    for (int capability = 0; capability < 64; ++capability) {
        if ((kept >> capability & 1) != 0)
            continue;
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
            if (errno == EINVAL)
                break; // beyond the kernel's last
            return kernel::check("drop a capability", -1);
        }
    }
    return {};
}

/// Keeps of `kept` what we have: a host may itself be a container without some.
Result<> setCapabilities(std::uint64_t kept)
{
    __user_cap_header_struct header {_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> data {};
    TRY(kernel::check("read capabilities", ::syscall(SYS_capget, &header, data.data())));
    for (std::size_t half = 0; half < 2; ++half) {
        data[half].permitted &= static_cast<std::uint32_t>(kept >> (32 * half));
        data[half].effective = data[half].permitted;
        data[half].inheritable = 0;
    }
    return kernel::check("set capabilities", ::syscall(SYS_capset, &header, data.data()));
}

Result<> setUser(const Identity& identity)
{
    // EPERM: a user namespace of one id forbids setgroups; there are no groups to lose.
    if (::setgroups(identity.groups.size(), identity.groups.data()) != 0 && errno != EPERM)
        return kernel::check("set groups", -1);
    TRY(kernel::check("become group " + std::to_string(identity.group),
                      ::setresgid(identity.group, identity.group, identity.group)));
    return kernel::check("become user " + std::to_string(identity.user),
                         ::setresuid(identity.user, identity.user, identity.user));
}

Result<> loadFilter(std::string_view filter)
{
    if (filter.empty())
        return {};
    sock_fprog program {};
    program.len = static_cast<unsigned short>(filter.size() / sizeof(sock_filter));
    // The kernel reads it; the interface has no const.
    program.filter = reinterpret_cast<sock_filter*>(const_cast<char*>(filter.data()));
    return kernel::check("load the system call filter",
                         ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

} // namespace

Result<Identity> findIdentity(const std::string& user, std::string_view passwd,
                              std::string_view group)
{
    Identity identity;
    if (user.empty())
        return identity;
    const auto parts = split(user, ':');
    const auto id = number(parts[0]);
    const auto fields = entry(passwd, parts[0], id);
    if (fields.empty() && !id)
        return Error(ErrorCode::NotFound, "user " + user + ": not in the image's /etc/passwd");
    identity.user = id ? *id : number(fields[2]).value_or(0);
    if (fields.size() >= 4) {
        identity.group = number(fields[3]).value_or(0);
        for (const auto line : split(group, '\n')) {
            const auto columns = split(line, ':');
            if (columns.size() < 4)
                continue;
            for (const auto member : split(columns[3], ','))
                if (member == fields[0])
                    identity.groups.push_back(number(columns[2]).value_or(0));
        }
    }
    if (parts.size() < 2)
        return identity;
    identity.groups.clear();
    if (const auto gid = number(parts[1])) {
        identity.group = *gid;
        return identity;
    }
    const auto named = entry(group, parts[1], std::nullopt);
    if (named.empty())
        return Error(ErrorCode::NotFound,
                     "group " + std::string(parts[1]) + ": not in the image's /etc/group");
    identity.group = number(named[2]).value_or(0);
    return identity;
}

Result<> dropCapabilities()
{
    TRY(limitBounding(0));
    TRY(setCapabilities(0));
    return kernel::check("no new privileges", ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

Result<> become(const Identity& identity, Privilege privilege, const Capability& capability,
                std::string_view filter)
{
    // A namespace of one id has no other user to become.
    const Identity actual = capability.way == Capability::Way::SingleId ? Identity {} : identity;
    const std::uint64_t kept = keptCapabilities(privilege);
    if (privilege == Privilege::Build) {
        // Before the user changes: afterwards it would take no_new_privs, which breaks sudo.
        TRY(loadFilter(filter));
        TRY(limitBounding(kept));
        TRY(capability.way == Capability::Way::SingleId ? Result<>() : setUser(actual));
        return actual.user == 0 ? setCapabilities(kept) : Result<>();
    }
    TRY(limitBounding(0));
    TRY(setUser(actual));
    TRY(setCapabilities(0));
    TRY(kernel::check("no new privileges", ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)));
    return loadFilter(filter);
}

} // namespace emulator::container
