// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/Message.h"

#include "emulator/base/Files.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace emulator::container {
namespace {

constexpr std::size_t mostDescriptors = 16;
constexpr std::uint32_t largestPayload = 64U << 20;

Result<> sendAll(int socket, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return Error(ErrorCode::Unavailable, std::string("send: ") + std::strerror(errno));
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

/// False at the end of the stream.
Result<bool> receiveAll(int socket, char* into, std::size_t size)
{
    while (size > 0) {
        const ssize_t got = ::recv(socket, into, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno != ECONNRESET)
            return errnoError("receive", errno);
        if (got <= 0)
            return false;
        into += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

void takeControl(msghdr& header, Message& message)
{
    for (auto* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET)
            continue;
        if (part->cmsg_type == SCM_CREDENTIALS) {
            ucred sender {};
            std::memcpy(&sender, CMSG_DATA(part), sizeof sender);
            message.sender = sender.pid;
        }
        if (part->cmsg_type != SCM_RIGHTS)
            continue;
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            message.descriptors.emplace_back(fd);
        }
    }
}

template<typename E>
E enumFrom(const Json& value)
{
    return static_cast<E>(value.get<int>());
}
template<typename E>
int number(E value)
{
    return static_cast<int>(value);
}

Json pathsToJson(const std::vector<std::filesystem::path>& paths)
{
    Json list = Json::array();
    for (const auto& path : paths)
        list.push_back(path.string());
    return list;
}

std::vector<std::filesystem::path> pathsFrom(const Json& list)
{
    std::vector<std::filesystem::path> paths;
    for (const auto& path : list)
        paths.emplace_back(path.get<std::string>());
    return paths;
}

Json mountsToJson(const std::vector<Mount>& mounts)
{
    Json list = Json::array();
    for (const auto& mount : mounts)
        list.push_back({number(mount.kind), mount.source.string(), mount.target});
    return list;
}

std::vector<Mount> mountsFrom(const Json& list)
{
    std::vector<Mount> mounts;
    for (const auto& mount : list)
        mounts.push_back({enumFrom<Mount::Kind>(mount[0]), mount[1].get<std::string>(),
                          mount[2].get<std::string>()});
    return mounts;
}

} // namespace

Result<> sendMessage(int socket, std::string_view payload, std::span<const int> descriptors)
{
    assert(descriptors.size() <= mostDescriptors && payload.size() <= largestPayload);
    // In one call, which the kernel keeps whole for a small message: processes that make a room
    // together write to one socket.
    auto size = static_cast<std::uint32_t>(payload.size());
    std::array<iovec, 2> parts {
        {{&size, sizeof size}, {const_cast<char*>(payload.data()), payload.size()}}};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * mostDescriptors)> control {};
    msghdr header {};
    header.msg_iov = parts.data();
    header.msg_iovlen = parts.size();
    if (!descriptors.empty()) {
        header.msg_control = control.data();
        header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        auto* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
    }
    ssize_t sent = 0;
    do
        sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < static_cast<ssize_t>(sizeof size))
        return Error(ErrorCode::Unavailable, std::string("send: ") + std::strerror(errno));
    return sendAll(socket, payload.substr(static_cast<std::size_t>(sent) - sizeof size));
}

Result<std::optional<Message>> receiveMessage(int socket)
{
    Message message;
    std::uint32_t size = 0;
    iovec part {&size, sizeof size};
    alignas(cmsghdr)
        std::array<char, CMSG_SPACE(sizeof(int) * mostDescriptors) + CMSG_SPACE(sizeof(ucred))>
            control {};
    msghdr header {};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    ssize_t got = 0;
    do
        got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got == 0 || (got < 0 && errno == ECONNRESET))
        return std::optional<Message>();
    if (got < 0)
        return errnoError("receive", errno);
    takeControl(header, message);
    const auto have = static_cast<std::size_t>(got);
    TRY_ASSIGN(bool whole,
               receiveAll(socket, reinterpret_cast<char*>(&size) + have, sizeof size - have));
    if (whole && size > largestPayload)
        return Error(ErrorCode::Internal, "a message of " + std::to_string(size) + " octets");
    if (whole) {
        message.payload.resize(size);
        TRY_ASSIGN(whole, receiveAll(socket, message.payload.data(), size));
    }
    if (!whole)
        return std::optional<Message>();
    return std::optional<Message>(std::move(message));
}

Result<std::pair<UniqueFd, UniqueFd>> socketPair()
{
    std::array<int, 2> ends {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return errnoError("make a socket pair", errno);
    return std::pair<UniqueFd, UniqueFd>(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

std::string pack(const Json& value)
{
    std::string payload;
    Json::to_msgpack(value, payload);
    return payload;
}

Result<Json> unpack(std::string_view payload)
{
    Json value = Json::from_msgpack(payload, true, false);
    if (value.is_discarded())
        return Error(ErrorCode::Internal, "a message that is not MessagePack");
    return value;
}

Json toJson(const ContainerPlan& plan)
{
    return {{"id", plan.id},
            {"layers", pathsToJson(plan.layers)},
            {"writes", plan.writes.string()},
            {"keepWrites", plan.keepWrites},
            {"mounts", mountsToJson(plan.mounts)},
            {"argv", plan.argv},
            {"environment", plan.environment},
            {"workingDirectory", plan.workingDirectory},
            {"user", plan.user},
            {"hostname", plan.hostname},
            {"network", number(plan.network)},
            {"privilege", number(plan.privilege)},
            {"cpus", plan.limits.cpus},
            {"memoryBytes", plan.limits.memoryBytes},
            {"processes", plan.limits.processes}};
}

ContainerPlan planFrom(const Json& json)
{
    ContainerPlan plan;
    plan.id = json["id"].get<std::string>();
    plan.layers = pathsFrom(json["layers"]);
    plan.writes = json["writes"].get<std::string>();
    plan.keepWrites = json["keepWrites"].get<bool>();
    plan.mounts = mountsFrom(json["mounts"]);
    plan.argv = json["argv"].get<std::vector<std::string>>();
    plan.environment = json["environment"].get<std::map<std::string, std::string>>();
    plan.workingDirectory = json["workingDirectory"].get<std::string>();
    plan.user = json["user"].get<std::string>();
    plan.hostname = json["hostname"].get<std::string>();
    plan.network = enumFrom<Network>(json["network"]);
    plan.privilege = enumFrom<Privilege>(json["privilege"]);
    plan.limits.cpus = json["cpus"].get<double>();
    plan.limits.memoryBytes = json["memoryBytes"].get<std::uint64_t>();
    plan.limits.processes = json["processes"].get<std::uint32_t>();
    return plan;
}

Json toJson(const ZygotePlan& plan)
{
    return {{"layers", pathsToJson(plan.layers)},
            {"mounts", mountsToJson(plan.mounts)},
            {"environment", plan.environment},
            {"preload", plan.preload}};
}

ZygotePlan zygoteFrom(const Json& json)
{
    return {pathsFrom(json["layers"]), mountsFrom(json["mounts"]),
            json["environment"].get<std::map<std::string, std::string>>(),
            json["preload"].get<std::vector<std::string>>()};
}

Json toJson(const Capability& capability)
{
    return {{"way", number(capability.way)},
            {"limiter", number(capability.limiter)},
            {"kernelOverlay", capability.kernelOverlay},
            {"notes", capability.notes}};
}

Capability capabilityFrom(const Json& json)
{
    return {enumFrom<Capability::Way>(json["way"]), enumFrom<Capability::Limiter>(json["limiter"]),
            json["kernelOverlay"].get<bool>(), json["notes"].get<std::vector<std::string>>()};
}

Json toJson(const Usage& usage)
{
    return {usage.cpuMicros, usage.memoryBytes, usage.memoryPeakBytes};
}

Usage usageFrom(const Json& json)
{
    return {json[0].get<std::uint64_t>(), json[1].get<std::uint64_t>(),
            json[2].get<std::uint64_t>()};
}

Json toJson(const Error& error)
{
    return {number(error.code()), error.message()};
}

Error errorFrom(const Json& json)
{
    return {enumFrom<ErrorCode>(json[0]), json[1].get<std::string>()};
}

} // namespace emulator::container
