// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Methods.h"

#include "emulator/base/Log.h"

#include <algorithm>
#include <array>

namespace emulator::api {
namespace {

constexpr std::string_view clientService = "/modal.client.ModalClient/";

/// Every method of the client's service, taken out of its package by the build.
constexpr auto clientMethods = std::to_array<std::string_view>({
#include <set.pb.methods>
});

std::string pathOf(std::string_view name)
{
    return name.starts_with('/') ? std::string(name)
                                 : std::string(clientService) + std::string(name);
}

std::string_view nameOf(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}

} // namespace

Method& Methods::add(std::string_view name, Access access, Repeat repeat)
{
    auto method = std::make_unique<Method>();
    method->name = nameOf(pathOf(name));
    method->access = access;
    method->repeat = repeat;
    return *(m_methods[pathOf(name)] = std::move(method));
}

Method* Methods::find(std::string_view path)
{
    const auto found = m_methods.find(path);
    return found == m_methods.end() ? nullptr : found->second.get();
}

Error Methods::refuse(std::string_view path, std::string_view clientVersion)
{
    const auto name = nameOf(path);
    const bool known = path.starts_with(clientService)
        && std::find(clientMethods.begin(), clientMethods.end(), name) != clientMethods.end();
    std::uint64_t count = 0;
    if (known) {
        const std::lock_guard lock(m_mutex);
        count = ++m_refused[std::string(name)];
    }
    std::string text(name);
    text += known ? " is not served by this version of Slipway"
                  : " is not a method that this version of Slipway knows";
    if (count <= 1)
        log::warning("api", text + " (client " + std::string(clientVersion) + ")");
    return {ErrorCode::Unsupported,
            text
                + ". What the program asked for needs it; 'slip api --missing' lists what is not "
                  "served"};
}

std::vector<model::MethodSummary> Methods::table() const
{
    std::vector<model::MethodSummary> table;
    const std::lock_guard lock(m_mutex);
    for (const auto name : clientMethods) {
        model::MethodSummary row;
        row.name = name;
        if (const auto served = m_methods.find(pathOf(name)); served != m_methods.end()) {
            row.served = true;
            row.calls = served->second->calls;
            row.errors = served->second->errors;
        } else if (const auto refused = m_refused.find(name); refused != m_refused.end()) {
            row.calls = refused->second;
            row.errors = refused->second;
        }
        table.push_back(std::move(row));
    }
    std::sort(table.begin(), table.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return table;
}

} // namespace emulator::api
