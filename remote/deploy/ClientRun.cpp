// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/deploy/ClientRun.h"

#include "emulator/base/Subprocess.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace remote::deploy {
namespace {

/// Headers are ASCII, and the client's list of them has no way to write a comma.
std::string harmless(std::string text)
{
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c >= 0x7f || c == ','; },
        '_');
    return text;
}

/// Without blanks and the frames that the client draws around its errors.
std::string trimmed(std::string_view text)
{
    static constexpr std::array<std::string_view, 10> frame {" ", "\t", "\r", "│", "╭",
                                                             "╰", "─",  "╮",  "╯", "┃"};
    const auto strip = [&text](auto matches, auto remove) {
        const auto found = std::find_if(frame.begin(), frame.end(), matches);
        if (found != frame.end())
            remove(found->size());
        return found != frame.end();
    };
    while (strip([&](std::string_view part) { return text.starts_with(part); },
                 [&](std::size_t size) { text.remove_prefix(size); })
           || strip([&](std::string_view part) { return text.ends_with(part); },
                    [&](std::size_t size) { text.remove_suffix(size); })) { }
    return std::string(text);
}

} // namespace

std::string headersFor(const ClientRun& run)
{
    auto headers = "x-slipway-stage:" + run.nonce;
    if (run.git && !run.git->commit.empty())
        headers += ",x-slipway-git:" + run.git->commit + (run.git->dirty ? " dirty " : " clean ")
            + (run.git->branch.empty() ? "-" : harmless(run.git->branch));
    return headers;
}

bool isVerdict(std::string_view line)
{
    static constexpr std::array<std::string_view, 3> verdicts {
        "App deployed in", "Deployment skipped", "View Deployment:"};
    return std::any_of(verdicts.begin(), verdicts.end(), [&](std::string_view verdict) {
        return line.find(verdict) != std::string_view::npos;
    });
}

Result<> runClient(const ClientRun& run, const std::function<void(std::string_view)>& onLine,
                   std::stop_token stop)
{
    emulator::CommandLine command {.argv = {run.modal, "deploy"},
                                   .extraEnvironment = run.environment};
    if (!run.name.empty())
        command.argv.insert(command.argv.end(), {"--name", run.name});
    if (!run.tag.empty())
        command.argv.insert(command.argv.end(), {"--tag", run.tag});
    command.argv.push_back(run.app);
    command.extraEnvironment["MODAL_OVERRIDE_HEADERS"] = headersFor(run);
    std::string last;
    TRY_ASSIGN(const auto output,
               emulator::run(command, std::move(stop), [&](std::string_view line) {
                   if (isVerdict(line) || line.find("slipway://") != std::string_view::npos)
                       return;
                   if (auto words = trimmed(line); !words.empty())
                       last = std::move(words);
                   onLine(line);
               }));
    if (!output.status.success())
        return Error(ErrorCode::FailedPrecondition,
                     last.empty()
                         ? "`modal deploy` ended with code " + std::to_string(output.status.code)
                         : last);
    return {};
}

} // namespace remote::deploy
