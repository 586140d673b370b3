// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// How the user's network reaches a build and a function: proxies, certificate authorities and
// package indexes of the host, as environment and read-only mounts below /run/slipway-network. All
// targets are names that no image has, so nothing of the image is hidden, and apt may still replace
// its own certificate bundle.
#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"
#include "emulator/base/Log.h"
#include "emulator/base/Subprocess.h"
#include "emulator/image/Builder.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <set>
#include <sstream>

namespace emulator::image {
namespace {

constexpr std::string_view bundleTarget = "/run/slipway-network/ca-bundle.crt";
constexpr std::string_view aptTarget = "/run/slipway-network/apt.conf";

constexpr std::array bundleVariables {
    "SSL_CERT_FILE",  "REQUESTS_CA_BUNDLE",  "PIP_CERT",
    "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",  "CARGO_HTTP_CAINFO",   "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
};

std::string variable(const char* name)
{
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

std::string upperCase(std::string text)
{
    std::ranges::transform(text, text.begin(), [](unsigned char c) {
        return static_cast<char>(c == '-' || c == '.' ? '_' : std::toupper(c));
    });
    return text;
}

void addProxies(NetworkSettings& settings)
{
    for (const char* name : {"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"}) {
        auto value = variable(name);
        if (value.empty())
            value = variable(upperCase(name).c_str());
        if (value.empty())
            continue;
        settings.environment[name] = value;
        settings.environment[upperCase(name)] = value;
        settings.notes.push_back("Builds and functions use the host's " + std::string(name) + ".");
    }
}

/// The certificates of a PEM text, each with its BEGIN and END line.
void collectCertificates(const std::string& text, std::set<std::string>& seen, std::string& bundle)
{
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
    constexpr std::string_view end = "-----END CERTIFICATE-----";
    for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
        const auto stop = text.find(end, at);
        if (stop == std::string::npos)
            return;
        auto certificate = text.substr(at, stop + end.size() - at) + '\n';
        at = stop;
        if (seen.insert(certificate).second)
            bundle += certificate;
    }
}

/// One bundle with every authority the host trusts, in a file named after its content, so that a
/// running container keeps the one it began with.
void addCertificates(const Store& store, const std::string& pipCertificate,
                     NetworkSettings& settings)
{
    // A set: most of these name the same file.
    std::set<std::string> files {"/etc/ssl/certs/ca-certificates.crt",
                                 "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
                                 pipCertificate};
    for (const char* name : bundleVariables)
        files.insert(variable(name));
    std::set<std::string> seen;
    std::string bundle;
    for (const auto& file : files)
        if (!file.empty())
            if (const auto text = readFile(file))
                collectCertificates(*text, seen, bundle);
    if (bundle.empty())
        return;
    const auto folder = store.home / "runtime" / "network";
    const auto path = folder / ("ca-" + sha256Hex(bundle).substr(0, 16) + ".crt");
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!std::filesystem::exists(path, error))
        if (const auto written = writeFileAtomically(path, bundle); !written) {
            log::warning("image", written.error().message());
            return;
        }
    settings.mounts[std::string(bundleTarget)] = path;
    for (const char* name : bundleVariables)
        settings.environment[name] = bundleTarget;
    settings.notes.push_back("Builds and functions trust the host's " + std::to_string(seen.size())
                             + " certificate authorities.");
}

/// pip.conf as PIP_* variables, later files first beaten by earlier ones of the list.
std::map<std::string, std::string> pipConfiguration()
{
    std::map<std::string, std::string> found;
    const auto home = variable("HOME");
    for (const auto& file : {variable("PIP_CONFIG_FILE"), home + "/.config/pip/pip.conf",
                             home + "/.pip/pip.conf", std::string("/etc/pip.conf")}) {
        const auto text = readFile(file);
        if (!text)
            continue;
        std::istringstream lines(*text);
        std::string last;
        bool wanted = false;
        for (std::string line; std::getline(lines, line);) {
            if (line.empty() || line.front() == '#' || line.front() == ';')
                continue;
            if (line.front() == '[') {
                wanted = line.starts_with("[global]") || line.starts_with("[install]");
                last.clear();
                continue;
            }
            const auto trim = [](std::string part) {
                part.erase(part.find_last_not_of(" \t\r") + 1);
                part.erase(0, part.find_first_not_of(" \t"));
                return part;
            };
            if (wanted && !last.empty() && (line.front() == ' ' || line.front() == '\t')) {
                found[last] += (found[last].empty() ? "" : " ") + trim(line);
                continue;
            }
            const auto equals = line.find('=');
            last.clear();
            if (!wanted || equals == std::string::npos)
                continue;
            const auto name = "PIP_" + upperCase(trim(line.substr(0, equals)));
            if (found.try_emplace(name, trim(line.substr(equals + 1))).second)
                last = name;
        }
    }
    return found;
}

/// A folder of wheels is mounted at its own place, so that the setting stays true.
void mountFolders(const std::string& value, NetworkSettings& settings)
{
    std::istringstream words(value);
    for (std::string word; words >> word;) {
        if (word.starts_with("file://"))
            word.erase(0, std::string_view("file://").size());
        std::error_code error;
        if (word.starts_with('/') && std::filesystem::is_directory(word, error)) {
            settings.mounts[word] = word;
            settings.notes.push_back("Packages are also looked for in " + word + ".");
        }
    }
}

void addIndexes(NetworkSettings& settings, const std::map<std::string, std::string>& pip)
{
    constexpr std::array kept {"PIP_INDEX_URL",      "PIP_EXTRA_INDEX_URL",
                               "PIP_TRUSTED_HOST",   "PIP_FIND_LINKS",
                               "PIP_NO_INDEX",       "PIP_DEFAULT_TIMEOUT",
                               "PIP_TIMEOUT",        "PIP_RETRIES",
                               "PIP_PROXY",          "PIP_DISABLE_PIP_VERSION_CHECK",
                               "PIP_PREFER_BINARY",  "UV_INDEX_URL",
                               "UV_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX",
                               "UV_INDEX",           "UV_FIND_LINKS",
                               "UV_NO_INDEX",        "UV_NATIVE_TLS",
                               "UV_INSECURE_HOST",   "UV_INDEX_STRATEGY",
                               "UV_HTTP_TIMEOUT"};
    for (const char* name : kept) {
        auto value = variable(name);
        if (const auto found = pip.find(name); value.empty() && found != pip.end())
            value = found->second;
        if (!value.empty())
            settings.environment[name] = value;
    }
    settings.environment.try_emplace("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    settings.environment["PIP_ROOT_USER_ACTION"] = "ignore";
    for (const char* name : {"PIP_FIND_LINKS", "UV_FIND_LINKS"})
        if (const auto found = settings.environment.find(name); found != settings.environment.end())
            mountFolders(found->second, settings);
    // uv reads none of pip's settings, but its user means the same index.
    constexpr std::array<std::pair<const char*, const char*>, 3> same {
        {{"PIP_INDEX_URL", "UV_INDEX_URL"},
         {"PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL"},
         {"PIP_FIND_LINKS", "UV_FIND_LINKS"}}};
    for (const auto& [from, to] : same)
        if (const auto found = settings.environment.find(from);
            found != settings.environment.end() && !settings.environment.contains(to))
            settings.environment[to] = found->second;
    if (settings.environment.contains("PIP_INDEX_URL"))
        settings.notes.emplace_back("pip and uv use the host's package index.");
}

/// Whether `file` was written after the last change of the host's apt settings.
bool isFresh(const std::filesystem::path& file)
{
    std::error_code error;
    const auto written = std::filesystem::last_write_time(file, error);
    if (error)
        return false;
    for (const char* source : {"/etc/apt/apt.conf", "/etc/apt/apt.conf.d"})
        if (const auto changed = std::filesystem::last_write_time(source, error);
            !error && changed > written)
            return false;
    return true;
}

/// The host's proxies and certificates for apt; and no change to its user _apt, which a user
/// namespace with one id does not have.
std::string aptSettings(bool hasBundle)
{
    std::string text = "APT::Sandbox::User \"root\";\n";
    if (hasBundle)
        text += "Acquire::https::CAInfo \"" + std::string(bundleTarget) + "\";\n";
    if (findProgram("apt-config").empty())
        return text;
    const auto dump = run({.argv = {"apt-config", "dump"}});
    if (!dump)
        return text;
    std::istringstream lines(dump->standardOutput);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("Acquire::http") && line.find("::Proxy") != std::string::npos
            && line.find("Auto-Detect") == std::string::npos && !line.ends_with("\"\";"))
            text += line + '\n';
    return text;
}

/// Asking apt takes a process, and every task comes by here, so the answer is kept in a file.
void addApt(const Store& store, NetworkSettings& settings)
{
    const bool hasBundle = settings.mounts.contains(std::string(bundleTarget));
    const auto path
        = store.home / "runtime" / "network" / (hasBundle ? "apt-bundle.conf" : "apt.conf");
    if (!isFresh(path)) {
        std::error_code error;
        std::filesystem::create_directories(path.parent_path(), error);
        if (const auto written = writeFileAtomically(path, aptSettings(hasBundle)); !written) {
            log::warning("image", written.error().message());
            return;
        }
    }
    settings.mounts[std::string(aptTarget)] = path;
    settings.environment["APT_CONFIG"] = aptTarget;
}

} // namespace

NetworkSettings networkSettings(const Store& store)
{
    NetworkSettings settings;
    if (variable("SLIPWAY_NETWORK_SETTINGS") == "off") {
        settings.notes.emplace_back("The host's proxy, certificates and package indexes are not "
                                    "passed on (SLIPWAY_NETWORK_SETTINGS=off).");
        return settings;
    }
    const auto pip = pipConfiguration();
    const auto certificate = pip.find("PIP_CERT");
    addProxies(settings);
    addCertificates(store, certificate == pip.end() ? "" : certificate->second, settings);
    addIndexes(settings, pip);
    addApt(store, settings);
    return settings;
}

} // namespace emulator::image
