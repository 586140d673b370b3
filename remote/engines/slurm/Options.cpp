// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/Options.h"

#include "remote/engines/slurm/Text.h"

#include <algorithm>
#include <array>

namespace remote::slurm {
namespace {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;

/// What a site may need beside partition, account and qos, and what cannot break how jobs are
/// found, ended or kept apart.
constexpr std::array<std::string_view, 17> allowed {"--constraint",
                                                    "--contiguous",
                                                    "--core-spec",
                                                    "--cores-per-socket",
                                                    "--cpus-per-gpu",
                                                    "--deadline",
                                                    "--exclusive",
                                                    "--gpu-bind",
                                                    "--hint",
                                                    "--licenses",
                                                    "--mcs-label",
                                                    "--network",
                                                    "--nice",
                                                    "--nodelist",
                                                    "--reservation",
                                                    "--switches",
                                                    "--threads-per-core"};

bool isWord(std::string_view text, std::string_view extra)
{
    return !text.empty() && text.front() != '-'
        && std::all_of(text.begin(), text.end(), [&](char c) {
               return isLetterOrDigit(c) || extra.find(c) != std::string_view::npos;
           });
}

Result<> checkName(std::string_view what, std::string_view value)
{
    if (value.empty() || isWord(value, "._-+@,"))
        return {};
    return Error(ErrorCode::Invalid,
                 "the " + std::string(what) + " \"" + printable(value)
                     + "\" is not a name that Slurm takes: letters, digits and . _ - + @");
}

Result<> checkSbatchOption(const std::string& option)
{
    const auto name = option.substr(0, option.find('='));
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
        std::string list;
        for (const auto known : allowed)
            list += (list.empty() ? "" : " ") + std::string(known);
        return Error(ErrorCode::Invalid,
                     "sbatch option \"" + printable(option)
                         + "\" is not one that a target may set; these are: " + list);
    }
    if (hasControlCharacter(option))
        return Error(ErrorCode::Invalid,
                     "sbatch option " + name + " has a control character in its value");
    return {};
}

} // namespace

Result<> check(const Options& options)
{
    if (!isWord(options.tag, "._-") || options.tag.size() > 64)
        return Error(ErrorCode::Invalid,
                     "the tag \"" + printable(options.tag)
                         + "\" must be 1 to 64 letters, digits, '.', '_' or '-'");
    TRY(checkName("partition", options.partition));
    TRY(checkName("account", options.account));
    TRY(checkName("QOS", options.qos));
    for (const auto& option : options.sbatchOptions)
        TRY(checkSbatchOption(option));
    for (const auto& [card, type] : options.gpuTypes)
        if (!type.empty() && !isWord(type, "._-+"))
            return Error(ErrorCode::Invalid,
                         "the GPU type \"" + printable(type) + "\" for " + card
                             + " is not a gres type: give what `sinfo -o %G` shows between the "
                               "colons, or nothing for any GPU");
    if (options.submitTimeout.count() <= 0 || options.queryTimeout.count() <= 0)
        return Error(ErrorCode::Invalid, "the time-outs for Slurm must be more than 0 ms");
    if (options.driver == DriverChoice::Rest && options.rest.url.empty()
        && options.rest.socket.empty())
        return Error(ErrorCode::Invalid,
                     "Slurm's REST interface was chosen, but neither its address nor its socket "
                     "is given");
    return {};
}

} // namespace remote::slurm
