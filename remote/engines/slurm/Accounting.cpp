// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/Accounting.h"

#include "remote/engines/slurm/Text.h"

namespace remote::slurm {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;

Result<std::vector<AccountingLine>> Accounting::jobs(const std::vector<std::string>& ids) const
{
    constexpr std::size_t atOnce = 1000; // 9 kB of arguments
    std::vector<AccountingLine> all;
    for (std::size_t begin = 0; begin < ids.size(); begin += atOnce) {
        std::string list;
        for (std::size_t i = begin; i < ids.size() && i < begin + atOnce; ++i) {
            if (!parseNumber(ids[i]))
                return Error(ErrorCode::Invalid,
                             "\"" + printable(ids[i]) + "\" is not the id of a Slurm job");
            list += (list.empty() ? "" : ",") + ids[i];
        }
        TRY_ASSIGN(const auto text,
                   m_commands.run(
                       {.program = "sacct",
                        .arguments = {"--noheader", "--parsable2", "--allocations", "--noconvert",
                                      "--format=" + sacctFormat(), "--jobs=" + list},
                        .timeout = m_timeout,
                        .waitsFor = "slurmdbd"}));
        auto lines = parseSacct(text);
        all.insert(all.end(), std::make_move_iterator(lines.begin()),
                   std::make_move_iterator(lines.end()));
    }
    return all;
}

} // namespace remote::slurm
