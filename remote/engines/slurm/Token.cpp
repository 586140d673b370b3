// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/Token.h"

#include "emulator/base/Files.h"
#include "remote/engines/slurm/Text.h"

#include <sys/stat.h>

namespace remote::slurm {
namespace {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;

constexpr int lifeSeconds = 1800; // Slurm's own default

Result<std::string> readTokenFile(const std::string& path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return Error(ErrorCode::FailedPrecondition,
                     "the file with the token for slurmrestd is not there: " + path);
    if ((status.st_mode & 077U) != 0)
        return Error(ErrorCode::FailedPrecondition,
                     "others may read the token for slurmrestd: chmod 600 " + path);
    TRY_ASSIGN(const auto content, emulator::readFile(path));
    auto token = std::string(trimmed(content));
    constexpr std::string_view name = "SLURM_JWT=";
    if (token.rfind(name, 0) == 0)
        token.erase(0, name.size());
    if (token.empty() || hasControlCharacter(token))
        return Error(ErrorCode::FailedPrecondition, "no token stands in " + path);
    return token;
}

} // namespace

Token::Token(const Options& options, const Commands& commands, const emulator::Clock& clock)
    : m_options(options)
    , m_commands(commands)
    , m_clock(clock)
{
}

Result<std::string> Token::get()
{
    if (!m_options.rest.tokenFile.empty())
        return readTokenFile(m_options.rest.tokenFile);
    const std::scoped_lock lock(m_mutex);
    if (!m_token.empty() && m_clock.now() < m_renewAt)
        return m_token;
    TRY_ASSIGN(const auto text,
               m_commands.run({.program = "scontrol",
                               .arguments = {"token", "lifespan=" + std::to_string(lifeSeconds)},
                               .timeout = m_options.queryTimeout}));
    constexpr std::string_view name = "SLURM_JWT=";
    const auto line = trimmed(text);
    if (line.substr(0, name.size()) != name || hasControlCharacter(line))
        return Error(ErrorCode::FailedPrecondition,
                     "scontrol gives no token: the site does not use auth/jwt; choose the CLI "
                     "driver for the target");
    m_token = line.substr(name.size());
    m_renewAt = m_clock.now() + emulator::Micros {lifeSeconds / 2} * 1'000'000;
    return m_token;
}

bool Token::drop()
{
    const std::scoped_lock lock(m_mutex);
    const bool another = m_options.rest.tokenFile.empty();
    m_token.clear();
    return another;
}

} // namespace remote::slurm
