// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/local/Home.h"

#include "emulator/base/Files.h"
#include "emulator/base/Json.h"

#include <cstdlib>

namespace emulator::local {

namespace fs = std::filesystem;

namespace {

// sun_path holds 108 octets, and run/ta-<22>/modal.sock follows the home.
constexpr std::size_t longestHome = 66;

} // namespace

Result<Home> Home::find()
{
    const char* wanted = std::getenv("SLIPWAY_HOME");
    const char* user = std::getenv("HOME");
    fs::path path;
    if (wanted != nullptr && *wanted != '\0')
        path = fs::absolute(wanted);
    else if (user != nullptr && *user != '\0')
        path = fs::path(user) / ".local" / "share" / "slipway";
    else
        return Error(ErrorCode::Invalid,
                     "neither SLIPWAY_HOME nor HOME is set; set SLIPWAY_HOME to a "
                     "folder for Slipway's data");
    return at(path);
}

Result<Home> Home::at(const fs::path& path)
{
    if (path.string().size() > longestHome)
        return Error(ErrorCode::Invalid,
                     "SLIPWAY_HOME is " + std::to_string(path.string().size())
                         + " characters long, and unix sockets below it allow "
                         + std::to_string(longestHome) + "; choose a shorter path");
    std::error_code failed;
    fs::create_directories(path / "logs", failed);
    if (!failed)
        fs::create_directories(path / "run", failed);
    if (failed)
        return Error(ErrorCode::Io, "make " + path.string() + ": " + failed.message());
    fs::permissions(path, fs::perms::owner_all, failed);
    return Home(path);
}

Result<std::map<std::string, std::string>> Home::clientEnvironment() const
{
    TRY_ASSIGN(const auto text, readFile(m_path / "credentials.json"));
    TRY_ASSIGN(const auto credentials, parseJson(text));
    return std::map<std::string, std::string> {
        {"MODAL_SERVER_URL", credentials.value("server_url", "")},
        {"MODAL_TOKEN_ID", credentials.value("token_id", "")},
        {"MODAL_TOKEN_SECRET", credentials.value("token_secret", "")},
        {"MODAL_ENVIRONMENT", "main"},
        // Neither a profile of the user's nor a proxy has a say in a local connection.
        {"MODAL_CONFIG_PATH", (m_path / "client.toml").string()},
        {"MODAL_DISABLE_API_PROXY", "1"},
    };
}

Installation Installation::find()
{
    std::error_code failed;
    const auto programs = fs::read_symlink("/proc/self/exe", failed).parent_path();
    return {programs};
}

} // namespace emulator::local
