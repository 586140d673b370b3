// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Targets.h"

#include "emulator/base/Files.h"
#include "emulator/base/Json.h"
#include "emulator/base/UniqueFd.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>

namespace remote::tunnel {

using namespace emulator;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t longestName = 24;

Json toJson(const Target& target)
{
    return {
        {"name", target.name},       {"kind", target.kind == Target::Kind::Ssh ? "ssh" : "socket"},
        {"address", target.address}, {"ssh_options", target.sshOptions},
        {"home", target.home},       {"port", target.port}};
}

Target fromJson(const Json& json)
{
    return {json.value("name", ""),
            json.value("kind", "ssh") == "socket" ? Target::Kind::Socket : Target::Kind::Ssh,
            json.value("address", ""),
            json.value("ssh_options", std::vector<std::string>()),
            json.value("home", ""),
            json.value("port", 0)};
}

Result<> save(const fs::path& home, const std::vector<Target>& targets)
{
    Json list = Json::array();
    for (const auto& target : targets)
        list.push_back(toJson(target));
    return writeFileAtomically(home / "targets.json", Json {{"targets", list}}.dump(2) + "\n",
                               0600);
}

/// Held while the file is read, changed and written.
Result<UniqueFd> lockFile(const fs::path& home)
{
    const auto path = home / "run" / "targets.lock";
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file || ::flock(file.get(), LOCK_EX) != 0)
        return errnoError("lock " + path.string(), errno);
    return file;
}

Result<> check(const fs::path& home, const Target& target)
{
    TRY(Targets::checkName(target.name));
    if (target.address.empty() || target.address.front() == '-')
        return Error(ErrorCode::Invalid, "'" + target.address + "' is no address");
    const auto socket = (Targets::folderOf(home, target.name) / "studio.sock").string();
    if (socket.size() > 107)
        return Error(ErrorCode::Invalid,
                     "the name " + target.name + " makes " + socket
                         + " too long for a unix socket; choose a shorter name or SLIPWAY_HOME");
    return {};
}

} // namespace

Result<> Targets::checkName(std::string_view name)
{
    if (name == "local")
        return Error(ErrorCode::Invalid, "the name 'local' is the emulator's own; choose another");
    const auto fits
        = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (name.empty() || name.size() > longestName || name.front() < 'a' || name.front() > 'z'
        || !std::ranges::all_of(name, fits))
        return Error(ErrorCode::Invalid,
                     "'" + std::string(name)
                         + "' is no name for a target: lower-case letters, digits and dashes, a "
                           "letter first, at most "
                         + std::to_string(longestName));
    return {};
}

fs::path Targets::folderOf(const fs::path& home, std::string_view name)
{
    return home / "run" / "targets" / name;
}

Result<std::vector<Target>> Targets::load(const fs::path& home)
{
    const auto path = home / "targets.json";
    const auto text = readFile(path);
    if (!text && text.error().code() == ErrorCode::NotFound)
        return std::vector<Target> {};
    if (!text)
        return text.error();
    const Error damaged(ErrorCode::Invalid,
                        path.string()
                            + " is damaged; remove it and add the targets again with "
                              "`slip cluster add`");
    const auto json = parseJson(*text);
    if (!json || !json->is_object() || !json->contains("targets"))
        return damaged;
    std::vector<Target> targets;
    try {
        for (const auto& entry : (*json)["targets"])
            targets.push_back(fromJson(entry));
    } catch (const Json::exception&) {
        return damaged;
    }
    for (const auto& target : targets)
        if (!check(home, target))
            return damaged;
    return targets;
}

Result<> Targets::add(const fs::path& home, const Target& target)
{
    TRY(check(home, target));
    TRY_ASSIGN(const auto lock, lockFile(home));
    TRY_ASSIGN(auto targets, load(home));
    std::erase_if(targets, [&](const Target& other) { return other.name == target.name; });
    targets.push_back(target);
    return save(home, targets);
}

Result<> Targets::remove(const fs::path& home, std::string_view name)
{
    TRY(find(home, name));
    TRY_ASSIGN(const auto lock, lockFile(home));
    TRY_ASSIGN(auto targets, load(home));
    std::erase_if(targets, [&](const Target& target) { return target.name == name; });
    return save(home, targets);
}

Result<Target> Targets::find(const fs::path& home, std::string_view name)
{
    TRY_ASSIGN(const auto targets, load(home));
    std::string names;
    for (const auto& target : targets) {
        if (target.name == name)
            return target;
        names += (names.empty() ? "" : ", ") + target.name;
    }
    return Error(ErrorCode::NotFound,
                 "there is no target '" + std::string(name) + "'; "
                     + (names.empty() ? "none was added yet: `slip cluster add` does"
                                      : "there are " + names + " (and local)"));
}

} // namespace remote::tunnel
