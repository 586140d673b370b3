// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"
#include "emulator/image/Builder.h"

#include <algorithm>
#include <cstdlib>

namespace emulator::image {

namespace fs = std::filesystem;

namespace {

constexpr const char* inside = "/run/slipway-network";

std::string hostVariable(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

/// The first of these that is there.
fs::path firstFile(std::initializer_list<fs::path> candidates)
{
    std::error_code ignored;
    for (const auto& candidate : candidates)
        if (!candidate.empty() && fs::is_regular_file(candidate, ignored))
            return candidate;
    return {};
}

void addCertificates(NetworkSettings& settings)
{
    const auto bundle
        = firstFile({hostVariable("SSL_CERT_FILE"), hostVariable("REQUESTS_CA_BUNDLE"),
                     "/etc/ssl/certs/ca-certificates.crt"});
    if (bundle.empty())
        return;
    const auto target = std::string(inside) + "/ca.crt";
    settings.mounts[target] = bundle;
    for (const char* name : {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT",
                             "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS"})
        settings.environment[name] = target;
    settings.notes.push_back("containers trust the certificates of " + bundle.string());
}

void addProxies(NetworkSettings& settings)
{
    for (const char* name : {"http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY",
                             "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"})
        if (auto value = hostVariable(name); !value.empty())
            settings.environment[name] = std::move(value);
    if (settings.environment.contains("https_proxy")
        || settings.environment.contains("HTTPS_PROXY"))
        settings.notes.emplace_back("containers use the proxy of this environment");
}

void addIndexes(NetworkSettings& settings)
{
    for (const char* name :
         {"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT",
          "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL"})
        if (auto value = hostVariable(name); !value.empty())
            settings.environment[name] = std::move(value);
    std::error_code ignored;
    if (const fs::path wheels = hostVariable("PIP_FIND_LINKS"); fs::is_directory(wheels, ignored)) {
        settings.environment["PIP_FIND_LINKS"] = wheels.string();
        settings.mounts[wheels.string()] = wheels;
    }
    const fs::path home = hostVariable("HOME");
    const auto config = firstFile({hostVariable("PIP_CONFIG_FILE"), home / ".config/pip/pip.conf",
                                   home / ".pip/pip.conf", "/etc/pip.conf"});
    if (!config.empty()) {
        const auto target = std::string(inside) + "/pip.conf";
        settings.mounts[target] = config;
        settings.environment["PIP_CONFIG_FILE"] = target;
        settings.notes.push_back("pip in containers reads " + config.string());
    }
    settings.environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1";
    settings.environment["PIP_ROOT_USER_ACTION"] = "ignore";
}

/// apt in containers: the host's proxies, and no change to the user _apt, which a user namespace
/// with one id does not have.
void addApt(const Store& store, NetworkSettings& settings)
{
    const auto file = store.home / "runtime" / "apt.conf";
    std::error_code ignored;
    if (!fs::exists(file, ignored)) {
        std::string text = "APT::Sandbox::User \"root\";\n";
        if (!findProgram("apt-config").empty())
            if (const auto dump = run({.argv = {"apt-config", "dump"}}))
                for (std::string_view rest = dump->standardOutput; !rest.empty();) {
                    const auto line = rest.substr(0, rest.find('\n'));
                    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
                    if (line.starts_with("Acquire::http") && line.find("::Proxy") != line.npos)
                        text.append(line).append("\n");
                }
        fs::create_directories(file.parent_path(), ignored);
        if (!writeFileAtomically(file, text))
            return;
    }
    const auto target = std::string(inside) + "/apt.conf";
    settings.mounts[target] = file;
    settings.environment["APT_CONFIG"] = target;
}

} // namespace

NetworkSettings networkSettings(const Store& store)
{
    NetworkSettings settings;
    if (hostVariable("SLIPWAY_NETWORK_SETTINGS") == "off") {
        settings.notes.emplace_back(
            "SLIPWAY_NETWORK_SETTINGS=off: containers get no network settings");
        return settings;
    }
    addCertificates(settings);
    addProxies(settings);
    addIndexes(settings);
    addApt(store, settings);
    return settings;
}

} // namespace emulator::image
