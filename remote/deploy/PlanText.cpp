// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/deploy/Plan.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace remote::deploy {
namespace {

std::string money(std::int64_t microsPerHour)
{
    std::array<char, 40> text {};
    std::snprintf(text.data(), text.size(), "$%.4f/h", static_cast<double>(microsPerHour) / 1e6);
    return text.data();
}

std::string bytesText(std::uint64_t bytes)
{
    constexpr std::array<const char*, 4> units {"B", "KiB", "MiB", "GiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < units.size(); ++unit)
        value /= 1024;
    std::array<char, 32> text {};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text.data();
}

std::string padded(std::string text, std::size_t width)
{
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

std::string changeText(const model::FunctionChange& change)
{
    std::string text = change.change;
    for (std::size_t i = 0; i < change.what.size(); ++i)
        text += (i == 0 ? ": " : ", ") + change.what[i];
    return text;
}

std::string gitText(const GitState& git)
{
    auto text = git.commit.empty() ? std::string("no commit yet") : git.commit.substr(0, 12);
    if (!git.branch.empty())
        text += " on " + git.branch;
    return text
        + (git.dirty ? ", " + std::to_string(git.changedFiles.size()) + " files changed"
                     : ", clean");
}

} // namespace

std::string toText(const DeployPlan& plan)
{
    std::string text = plan.app + " → " + plan.targetName + " (" + plan.targetEngine + ")\n";
    text += "  version    "
        + (plan.liveVersion == 0 ? std::string("none is live")
                                 : std::to_string(plan.liveVersion) + " is live")
        + ", this will be " + std::to_string(plan.nextVersion) + "\n";
    std::size_t width = 0;
    for (const auto& planned : plan.functions)
        width = std::max(width, planned.function.name.size());
    for (const auto& [function, change] : plan.functions)
        text += "  function   " + padded(function.name, width) + "  "
            + padded(function.gpu.empty() ? "CPU" : function.gpu, 7) + "  "
            + padded(changeText(change), 9) + "  " + money(function.microsPerHour)
            + (function.minContainers > 0
                   ? ", " + std::to_string(function.minContainers) + " kept warm"
                   : "")
            + "\n";
    for (const auto& image : plan.images) {
        text += "  image      " + image.transfer.imageId;
        if (!image.transfer.manifest.empty())
            text += "  " + image.transfer.manifest.substr(0, 19) + "…  "
                + (image.transfer.missingBytes == 0 ? std::string("is there already")
                                                    : bytesText(image.transfer.missingBytes)
                           + " of " + bytesText(image.transfer.bytes) + " to push ("
                           + std::to_string(image.transfer.missingLayers) + " of "
                           + std::to_string(image.transfer.layers) + " layers)");
        text += "\n";
    }
    for (const auto& gpu : plan.gpus)
        text += "  gpu        " + gpu.text + "\n";
    text += "  price      " + money(plan.microsPerHour) + " with one container of each, "
        + money(plan.idleMicrosPerHour) + " idle\n";
    if (plan.git)
        text += "  git        " + gitText(*plan.git) + "\n";
    for (const auto& warning : plan.warnings)
        text += "  note       " + warning + "\n";
    for (const auto& blocker : plan.blockers)
        text += "  BLOCKED    " + blocker.what + ": " + blocker.why + "; " + blocker.fix + "\n";
    return text;
}

} // namespace remote::deploy
