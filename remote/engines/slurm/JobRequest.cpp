// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/JobRequest.h"

#include "remote/engines/slurm/Label.h"
#include "remote/engines/slurm/Text.h"

#include <algorithm>

namespace remote::slurm {
namespace {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;
using emulator::model::ReplicaOrder;

constexpr std::uint32_t defaultMemoryMb = 128; // model::Resources

bool isNodeName(std::string_view name)
{
    return !name.empty() && name.front() != '-' && name.size() <= 255
        && std::all_of(name.begin(), name.end(), [](char c) {
               return isLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
           });
}

bool isVariableName(std::string_view name)
{
    const auto letter = [](char c) { return isLetterOrDigit(c) || c == '_'; };
    return !name.empty() && (name.front() < '0' || name.front() > '9')
        && std::all_of(name.begin(), name.end(), letter);
}

Error invalid(const std::string& why)
{
    return {ErrorCode::Invalid, why};
}

Result<> checkCommand(const ReplicaOrder& order)
{
    if (order.command.empty() || order.command.front().substr(0, 1) != "/")
        return invalid("the worker's program must be an absolute path on the nodes");
    if (order.command.front().find('=') != std::string::npos)
        return invalid("the path of the worker's program may not have a '='"); // env(1)
    for (const auto& word : order.command)
        if (word.find('\0') != std::string::npos)
            return invalid("an argument of the worker has a null octet");
    for (const auto& [name, value] : order.environment) {
        if (!isVariableName(name))
            return invalid("\"" + printable(name) + "\" is not a name of an environment variable");
        if (value.find('\0') != std::string::npos)
            return invalid("the environment variable " + name + " has a null octet");
    }
    return {};
}

Result<> checkNames(const ReplicaOrder& order)
{
    if (order.replicaId.empty() || order.replicaId.find(':') != std::string::npos
        || hasControlCharacter(order.replicaId))
        return invalid("the replica's id \"" + printable(order.replicaId)
                       + "\" cannot be put into a job's comment");
    if (hasControlCharacter(order.name) || hasControlCharacter(order.comment))
        return invalid("the job's name and comment may not have control characters");
    for (const auto& node : order.excludedNodes)
        if (!isNodeName(node))
            return invalid("\"" + printable(node) + "\" is not the name of a node");
    if (!order.outputFile.empty()
        && (order.outputFile.front() != '/' || hasControlCharacter(order.outputFile)))
        return invalid("the output file \"" + printable(order.outputFile)
                       + "\" must be an absolute path without control characters");
    return {};
}

} // namespace

std::string literalFileName(const std::string& path)
{
    std::string out;
    for (const char c : path) {
        if (c == '%')
            out += '%';
        out += c;
    }
    return out;
}

std::string JobRequest::gres() const
{
    if (gpus == 0)
        return {};
    return "gpu:" + (gpuType.empty() ? "" : gpuType + ":") + std::to_string(gpus);
}

std::string gresType(const Options& options, const std::string& card)
{
    for (const auto& [name, type] : options.gpuTypes)
        if (lowerCase(name) == lowerCase(card))
            return type;
    const auto lower = lowerCase(card);
    return lower == "any" ? "" : lower;
}

Result<JobRequest> makeJobRequest(const Options& options, const ReplicaOrder& order)
{
    TRY(checkCommand(order));
    TRY(checkNames(order));
    const auto& wanted = order.resources;
    JobRequest request;
    request.name = order.name.empty() ? "slipway" : order.name.substr(0, 200);
    request.comment = Label {options.tag, order.replicaId, order.comment}.text();
    request.partition = options.partition;
    request.account = options.account;
    request.qos = options.qos;
    request.cpus = std::max(1U, wanted.milliCpu / 1000 + (wanted.milliCpu % 1000 != 0 ? 1U : 0U));
    const auto memory = wanted.memoryMb == 0 ? defaultMemoryMb : wanted.memoryMb;
    request.memoryMb = std::max({memory, wanted.memoryMbMax, options.minimumMemoryMb});
    if (!wanted.gpu.empty() || wanted.gpuCount > 0) {
        request.gpuType = wanted.gpu.empty() ? "" : gresType(options, wanted.gpu);
        request.gpus = std::max(1U, wanted.gpuCount);
    }
    const auto seconds
        = order.timeLimitSeconds != 0 ? order.timeLimitSeconds : options.timeLimitSeconds;
    request.timeLimitMinutes = seconds / 60 + (seconds % 60 != 0 ? 1U : 0U);
    request.warnBeforeEnd = seconds == 0 || seconds >= 5 * secondsToWarn;
    request.excludedNodes = order.excludedNodes;
    request.outputFile = order.outputFile;
    request.sbatchOptions = options.sbatchOptions;
    request.script = batchScript(order);
    return request;
}

std::string quoted(std::string_view text)
{
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    }
    return out + "'";
}

std::string batchScript(const ReplicaOrder& order)
{
    std::string script
        = "#!/bin/bash -p\n"
          "# A worker of Slipway: gets what Slurm sets, who it is, and the variables named below.\n"
          "if [ \"${SLURM_RESTART_COUNT:-0}\" != 0 ]; then\n"
          "    echo 'Slurm started this job again; its replica is not wanted any more.' >&2\n"
          "    exit 1\n"
          "fi\n"
          "home=~\n"
          "kept=(\"HOME=$home\" \"USER=${USER:=$(/usr/bin/id -un)}\" \"LOGNAME=$USER\")\n"
          "for name in $(compgen -e); do\n"
          "    case $name in\n"
          "        SLURM*|*_VISIBLE_DEVICES|GPU_DEVICE_ORDINAL|ZE_AFFINITY_MASK|SHELL|TMPDIR)\n"
          "            kept+=(\"$name=${!name}\") ;;\n"
          "    esac\n"
          "done\n";
    for (const auto& [name, value] : order.environment)
        script += "kept+=(" + quoted(name + "=" + value) + ")\n";
    script += "exec /usr/bin/env -i \"${kept[@]}\"";
    for (const auto& word : order.command)
        script += " " + quoted(word);
    return script + "\n";
}

std::vector<std::string> sbatchArguments(const JobRequest& request)
{
    std::vector<std::string> arguments {
        "--parsable",
        "--export=NONE",
        "--no-requeue",
        "--nodes=1",
        "--ntasks=1",
        "--chdir=/",
        "--open-mode=append",
        "--job-name=" + request.name,
        "--comment=" + request.comment,
        "--cpus-per-task=" + std::to_string(request.cpus),
        "--mem=" + std::to_string(request.memoryMb) + "M",
        "--output="
            + (request.outputFile.empty() ? "/dev/null" : literalFileName(request.outputFile)),
    };
    const auto add = [&](const std::string& option, const std::string& value) {
        if (!value.empty())
            arguments.push_back(option + "=" + value);
    };
    add("--partition", request.partition);
    add("--account", request.account);
    add("--qos", request.qos);
    add("--gres", request.gres());
    if (request.timeLimitMinutes > 0)
        add("--time", std::to_string(request.timeLimitMinutes));
    if (request.warnBeforeEnd)
        add("--signal", "B:TERM@" + std::to_string(secondsToWarn));
    std::string excluded;
    for (const auto& node : request.excludedNodes)
        excluded += (excluded.empty() ? "" : ",") + node;
    add("--exclude", excluded);
    arguments.insert(arguments.end(), request.sbatchOptions.begin(), request.sbatchOptions.end());
    return arguments;
}

} // namespace remote::slurm
