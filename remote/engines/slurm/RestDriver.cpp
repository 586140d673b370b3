// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/RestDriver.h"

#include "remote/engines/slurm/Refusals.h"
#include "remote/engines/slurm/Text.h"

#include <pwd.h>
#include <unistd.h>

namespace remote::slurm {
namespace {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Json;
using emulator::Result;

/// slurmrestd's errors come as HTTP 500 with words; what an expired token looks like is not told
/// apart from a controller that is gone.
Error errorOf(const HttpReply& reply, const std::string& words)
{
    if (reply.status == 401 || reply.status == 403)
        return {ErrorCode::Unauthenticated,
                "slurmrestd does not accept the token (HTTP " + std::to_string(reply.status)
                    + "): renew it, or choose the CLI driver for the target"};
    if (reply.status == 404 && words.empty())
        return {ErrorCode::Unsupported, "slurmrestd does not know this request (HTTP 404)"};
    if (words.empty())
        return {ErrorCode::Unavailable,
                "slurmrestd failed without a word (HTTP " + std::to_string(reply.status) + ")"};
    return refusal("slurmrestd", words);
}

} // namespace

RestDriver::RestDriver(const Options& options, const Commands& commands,
                       const emulator::Clock& clock)
    : m_options(options)
    , m_commands(commands)
    , m_programs(options, commands)
    , m_token(options, commands, clock)
{
    const passwd* user = ::getpwuid(::geteuid());
    m_user = user == nullptr ? std::to_string(::geteuid()) : user->pw_name;
}

Result<Json> RestDriver::ask(HttpCall call, const std::string& path)
{
    TRY_ASSIGN(const auto token, m_token.get());
    call.url = (m_options.rest.url.empty() ? "http://localhost" : m_options.rest.url) + path;
    call.socket = m_options.rest.url.empty() ? m_options.rest.socket : std::string();
    call.headers = {"X-SLURM-USER-NAME: " + m_user, "X-SLURM-USER-TOKEN: " + token};
    TRY_ASSIGN(const auto reply, send(call));
    auto answer = parseAnswer(reply.body);
    const auto words = answer ? errorWords(*answer) : std::string();
    if (reply.status == 200 && answer)
        return answer;
    if (reply.status == 200)
        return std::move(answer).error().within("slurmrestd's answer");
    return errorOf(reply, words);
}

Result<Json> RestDriver::get(const std::string& path)
{
    auto answer = ask({.timeout = m_options.queryTimeout}, path);
    if (answer)
        return answer;
    const auto code = answer.error().code();
    const bool doubtful = code == ErrorCode::Unauthenticated
        || answer.error().message().find("Unspecified error") != std::string::npos;
    if (!doubtful || !m_token.drop())
        return answer;
    return ask({.timeout = m_options.queryTimeout}, path); // asking twice changes nothing
}

Result<RestDialect> RestDriver::dialect()
{
    {
        const std::scoped_lock lock(m_mutex);
        if (m_dialect)
            return *m_dialect;
    }
    TRY_ASSIGN(const auto openapi, get("/openapi/v3"));
    const auto found = RestDialect::choose(openapi);
    if (!found)
        return Error(ErrorCode::Unsupported,
                     "slurmrestd offers none of the versions 0.0.36 to 0.0.42 of its interface: "
                     "choose the CLI driver for the target");
    const std::scoped_lock lock(m_mutex);
    m_dialect = found;
    return *found;
}

Result<std::string> RestDriver::describe()
{
    TRY_ASSIGN(const auto chosen, dialect());
    TRY_ASSIGN(const auto answer, get(chosen.prefix() + "/ping"));
    return "Slurm " + readRelease(answer) + " (REST v0.0." + std::to_string(chosen.minor) + ")";
}

Result<std::string> RestDriver::submit(const JobRequest& request)
{
    TRY_ASSIGN(const auto chosen, dialect());
    if (!canSay(chosen, request))
        return m_programs.submit(request);
    const auto answer = ask({.method = "POST",
                             .body = submitBody(chosen, request).dump(),
                             .timeout = m_options.submitTimeout},
                            chosen.prefix() + "/job/submit");
    if (!answer) {
        // Not sent again here: the job may exist. A token that may be the cause is replaced.
        m_token.drop();
        const auto& error = answer.error();
        // Words of a site's submit plugin are in no table.
        return error.code() == ErrorCode::Internal ? Error(ErrorCode::Invalid, error.message())
                                                   : error;
    }
    const auto id = readJobId(*answer);
    if (!id)
        return refusal("slurmrestd", errorWords(*answer));
    // 22.05 ignores "requeue": false. The script refuses a second start, so this only spares the
    // job the way there; a failure is of no consequence.
    if (!chosen.structured && !m_commands.find("scontrol").empty())
        static_cast<void>(m_commands.run({.program = "scontrol",
                                          .arguments = {"update", "jobid=" + *id, "requeue=0"},
                                          .timeout = m_options.queryTimeout}));
    return *id;
}

Result<std::vector<JobRecord>> RestDriver::jobs()
{
    TRY_ASSIGN(const auto chosen, dialect());
    TRY_ASSIGN(const auto answer, get(chosen.prefix() + "/jobs"));
    return readJobs(answer, m_user);
}

Result<> RestDriver::cancel(const std::string& jobId)
{
    TRY_ASSIGN(const auto chosen, dialect());
    const auto path = chosen.prefix() + "/job/" + jobId;
    auto done = ask({.method = "DELETE", .timeout = m_options.queryTimeout}, path);
    if (!done && done.error().message().find("Zero Bytes") != std::string::npos && m_token.drop())
        done = ask({.method = "DELETE", .timeout = m_options.queryTimeout}, path);
    if (done)
        return {};
    for (const char* gone : {"Invalid job id", "already completing or completed"})
        if (done.error().message().find(gone) != std::string::npos)
            return {};
    return done.error();
}

Result<std::vector<emulator::model::NodeSummary>> RestDriver::nodes()
{
    TRY_ASSIGN(const auto chosen, dialect());
    TRY_ASSIGN(const auto answer, get(chosen.prefix() + "/nodes"));
    return readNodes(answer);
}

} // namespace remote::slurm
