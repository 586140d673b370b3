// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Commands.h"
#include "emulator/gpu/cards/Cards.h"
#include "emulator/gpu/server/ProgramRun.h"

#include <array>
#include <cstdio>

namespace app::command {

using emulator::Json;
namespace gpu = emulator::gpu;

namespace {

int runOnCard(gpu::server::ProgramRunOptions options)
{
    auto parts = gpu::server::GpuParts::find();
    if (!parts)
        return report(parts.error());
    options.parts = *std::move(parts);
    const auto code = gpu::server::runOnEmulatedGpu(options);
    if (!code)
        return report(code.error());
    return *code; // the program's own: slip gpu exec is transparent
}

} // namespace

int gpuExec(const Context&, const GpuExecOptions& options)
{
    return runOnCard(
        {.card = options.card, .count = static_cast<int>(options.count), .argv = options.command});
}

int gpuSmi(const Context&, const std::string& card, unsigned count)
{
    return runOnCard({.card = card, .count = static_cast<int>(count), .argv = {"nvidia-smi"}});
}

int gpuCards(const Context& context)
{
    const auto catalogue = gpu::cards::Catalogue::builtIn();
    if (!catalogue)
        return report(catalogue.error());
    Table table {{"Card", "Name", "Compute", "SMs", "Clock MHz", "Memory", "GB/s", "Source"}, {}};
    for (const auto& card : catalogue->cards())
        table.rows.push_back(
            {card.id, card.name,
             std::to_string(card.computeMajor) + "." + std::to_string(card.computeMinor),
             card.multiprocessors, card.boostMhz, spellBytes(card.memoryBytes),
             card.memoryGigabytesPerSecond, card.source});
    table.print(context.json);
    return Done;
}

} // namespace app::command
