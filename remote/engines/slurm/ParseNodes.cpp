// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/OneLine.h"
#include "remote/engines/slurm/Parse.h"
#include "remote/engines/slurm/Text.h"

#include <algorithm>
#include <array>

namespace remote::slurm {
namespace {

using emulator::model::NodeSummary;

std::string_view valueOf(const std::map<std::string_view, std::string_view>& pairs,
                         std::string_view key)
{
    const auto found = pairs.find(key);
    return found == pairs.end() ? std::string_view() : found->second;
}

std::uint32_t countOf(const std::map<std::string_view, std::string_view>& pairs,
                      std::string_view key)
{
    return parseCount(valueOf(pairs, key)).value_or(0);
}

/// Counts that no site has must not wrap around when they are added up.
void addTo(std::uint32_t& sum, std::uint32_t count)
{
    sum = count > UINT32_MAX - sum ? UINT32_MAX : sum + count;
}

} // namespace

// Node states: NODE STATE CODES of sinfo(1). scontrol writes "BASE+FLAG+FLAG", with sinfo's
// one-character marks in some versions ("*": does not answer).
NodeState parseNodeState(std::string_view state)
{
    constexpr std::string_view marks = "*~#!%$@^-";
    constexpr std::array<std::string_view, 3> works {"IDLE", "MIXED", "ALLOCATED"};
    constexpr std::array<std::string_view, 7> bars {
        "DRAIN", "FAIL", "NOT_RESPONDING", "MAINT", "INVALID_REG", "INVAL", "REBOOT_ISSUED"};
    NodeState result {.word = "unknown", .usable = false};
    bool drain = false;
    bool first = true;
    for (auto part : split(state, '+')) {
        const bool silent = part.find('*') != std::string_view::npos;
        part = part.substr(0, part.find_first_of(marks));
        if (first) {
            result.usable = std::find(works.begin(), works.end(), part) != works.end();
            if (!part.empty())
                result.word = lowerCase(part);
        } else if (std::find(bars.begin(), bars.end(), part) != bars.end()) {
            result.usable = false;
            drain = drain || part == "DRAIN";
        }
        if (silent)
            result.usable = false;
        first = false;
    }
    if (drain && result.word != "down")
        result.word = result.word == "idle" ? "drained" : "draining";
    return result;
}

GpuCounts parseGres(std::string_view text)
{
    GpuCounts counts;
    if (isNothing(text))
        return counts;
    for (const auto entry : splitList(text)) {
        // name[:type][:no_consume][:count], with where they are in parentheses behind it
        const auto parts = split(entry.substr(0, entry.find('(')), ':');
        if (parts[0] != "gpu")
            continue;
        std::string type;
        std::uint32_t count = 1;
        for (std::size_t i = 1; i < parts.size(); ++i) {
            if (const auto number = parseCount(parts[i]); number && i + 1 == parts.size())
                count = *number;
            else if (type.empty() && parts[i] != "no_consume")
                type = lowerCase(parts[i]);
        }
        addTo(counts[type], count);
    }
    return counts;
}

Tres parseTres(std::string_view text)
{
    Tres tres;
    std::uint32_t gpus = 0;
    std::uint32_t typed = 0;
    for (const auto entry : splitList(text)) {
        const auto equals = entry.find('=');
        if (equals == std::string_view::npos)
            continue;
        const auto name = entry.substr(0, equals);
        const auto value = entry.substr(equals + 1);
        constexpr std::string_view typedGpu = "gres/gpu:";
        if (name == "cpu") {
            tres.cpus = parseCount(value).value_or(0);
        } else if (name == "mem") {
            tres.memoryMb = parseMegabytes(value).value_or(0);
        } else if (name == "gres/gpu") {
            gpus = parseCount(value).value_or(0);
        } else if (name.substr(0, typedGpu.size()) == typedGpu) {
            const auto count = parseCount(value).value_or(0);
            addTo(tres.gpus[lowerCase(name.substr(typedGpu.size()))], count);
            addTo(typed, count);
        }
    }
    // The sum is there always, the types only where the site counts them.
    if (gpus > typed)
        tres.gpus[""] = gpus - typed;
    return tres;
}

std::vector<NodeSummary> parseNodes(std::string_view text)
{
    std::vector<NodeSummary> nodes;
    for (const auto line : split(text, '\n')) {
        const auto pairs = parseOneLine(line);
        NodeSummary node;
        node.name = valueOf(pairs, "NodeName");
        if (node.name.empty())
            continue;
        const auto state = parseNodeState(valueOf(pairs, "State"));
        node.state = state.word;
        node.usable = state.usable;
        node.reason = isNothing(valueOf(pairs, "Reason")) ? "" : valueOf(pairs, "Reason");
        node.cpus = countOf(pairs, "CPUTot");
        node.cpusAllocated = countOf(pairs, "CPUAlloc");
        node.memoryMb = parseMegabytes(valueOf(pairs, "RealMemory")).value_or(0);
        node.memoryMbAllocated = parseMegabytes(valueOf(pairs, "AllocMem")).value_or(0);
        node.gpus = parseGres(valueOf(pairs, "Gres"));
        node.gpusAllocated = pairs.count("GresUsed") != 0
            ? parseGres(valueOf(pairs, "GresUsed"))
            : parseTres(valueOf(pairs, "AllocTRES")).gpus;
        std::erase_if(node.gpusAllocated, [](const auto& entry) { return entry.second == 0; });
        nodes.push_back(std::move(node));
    }
    return nodes;
}

std::vector<Partition> parsePartitions(std::string_view text)
{
    std::vector<Partition> partitions;
    for (const auto line : split(text, '\n')) {
        const auto pairs = parseOneLine(line);
        Partition partition;
        partition.name = valueOf(pairs, "PartitionName");
        if (partition.name.empty())
            continue;
        partition.standard = valueOf(pairs, "Default") == "YES";
        partition.state = valueOf(pairs, "State");
        partition.up = partition.state == "UP";
        partition.maxTime = valueOf(pairs, "MaxTime");
        partitions.push_back(std::move(partition));
    }
    return partitions;
}

} // namespace remote::slurm
