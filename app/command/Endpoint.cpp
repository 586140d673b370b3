// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Endpoint.h"

#include "emulator/base/Files.h"
#include "emulator/base/UniqueFd.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <future>
#include <memory>
#include <thread>

namespace app::command {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;
using emulator::UniqueFd;

namespace {

using Variables = std::map<std::string, std::string>;

std::string valueOf(const Variables& variables, const std::string& name)
{
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
}

/// no_proxy is a list of hosts; a domain stands for all below it.
bool isExempt(std::string_view host, std::string_view list)
{
    while (!list.empty()) {
        const auto comma = list.find(',');
        auto entry = list.substr(0, comma);
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
        while (entry.starts_with(' ') || entry.starts_with('*') || entry.starts_with('.'))
            entry.remove_prefix(1);
        if (!entry.empty()
            && (host == entry
                || (host.ends_with(entry)
                    && host.substr(0, host.size() - entry.size()).ends_with('.'))))
            return true;
    }
    return false;
}

/// SCHEME://[user@]HOST[:PORT]/…
Result<Endpoint> split(std::string_view url)
{
    const auto mark = url.find("://");
    const auto scheme = mark == std::string_view::npos ? "http" : url.substr(0, mark);
    if (mark != std::string_view::npos)
        url.remove_prefix(mark + 3);
    url = url.substr(0, url.find_first_of("/?#"));
    if (const auto at = url.rfind('@'); at != std::string_view::npos)
        url.remove_prefix(at + 1);
    Endpoint endpoint;
    const auto colon = url.rfind(':');
    const bool hasPort = colon != std::string_view::npos && !url.substr(colon).ends_with(']');
    endpoint.host = url.substr(0, hasPort ? colon : url.size());
    endpoint.port = hasPort ? std::string(url.substr(colon + 1)) : scheme == "https" ? "443" : "80";
    if (endpoint.host.starts_with('[') && endpoint.host.ends_with(']'))
        endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
    if (endpoint.host.empty())
        return Error(ErrorCode::Invalid, "this is no URL");
    return endpoint;
}

Result<> connectTo(const addrinfo& address, std::chrono::milliseconds limit)
{
    const UniqueFd socket(
        ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket)
        return emulator::errnoError("connect", errno);
    if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0)
        return {};
    if (errno != EINPROGRESS)
        return emulator::errnoError("connect", errno);
    pollfd event {socket.get(), POLLOUT, 0};
    if (::poll(&event, 1, static_cast<int>(limit.count())) == 0)
        return emulator::errnoError("connect", ETIMEDOUT);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? Result<>() : emulator::errnoError("connect", error);
}

Result<> resolveAndConnect(const std::string& host, const std::string& port,
                           std::chrono::milliseconds limit)
{
    addrinfo hints {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0)
        return Error(ErrorCode::Unavailable,
                     "find its address: " + std::string(gai_strerror(code)));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
    Result<> last = Error(ErrorCode::Unavailable, "it has no address");
    for (const auto* address = found; address != nullptr && !last; address = address->ai_next)
        last = connectTo(*address, limit);
    return last;
}

} // namespace

Result<Endpoint> endpointOf(std::string_view url, const Variables& environment)
{
    TRY_ASSIGN(auto endpoint, split(url));
    auto proxy = valueOf(environment, url.starts_with("https:") ? "https_proxy" : "http_proxy");
    if (proxy.empty())
        proxy = valueOf(environment, "all_proxy");
    if (proxy.empty() || isExempt(endpoint.host, valueOf(environment, "no_proxy")))
        return endpoint;
    TRY_ASSIGN(const auto between, split(proxy));
    endpoint.proxy = between.host + ":" + between.port;
    return endpoint;
}

Result<> reach(const Endpoint& endpoint, std::chrono::milliseconds limit)
{
    const auto colon = endpoint.proxy.rfind(':');
    const bool direct = endpoint.proxy.empty();
    auto answer = std::make_shared<std::promise<Result<>>>();
    auto waiting = answer->get_future();
    // A resolver without a network may take far longer than anybody waits, and cannot be stopped.
    std::thread([answer, limit, host = direct ? endpoint.host : endpoint.proxy.substr(0, colon),
                 port = direct ? endpoint.port : endpoint.proxy.substr(colon + 1)] {
        answer->set_value(resolveAndConnect(host, port, limit));
    }).detach();
    if (waiting.wait_for(limit) != std::future_status::ready)
        return Error(ErrorCode::Unavailable,
                     "no answer within " + std::to_string(limit.count() / 1000) + " s");
    return waiting.get();
}

} // namespace app::command
