// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// nvidia-smi for emulated devices: the table, -L, and --query-gpu with --format=csv.

#include "emulator/gpu/client/Api.h"
#include "emulator/gpu/client/nvml/Observer.h"

#include <poll.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace emulator::gpu::client;

constexpr int sampleMilliseconds = 100;

std::string megabytes(std::uint64_t bytes)
{
    return std::to_string(bytes >> 20U);
}

struct Field {
    const char* name;
    const char* unit;
    std::string (*value)(const Observer&, std::size_t, const DeviceState&);
};

const Field fields[] = {
    {"index", "",
     [](const Observer&, std::size_t i, const DeviceState&) { return std::to_string(i); }},
    {"count", "",
     [](const Observer& o, std::size_t, const DeviceState&) { return std::to_string(o.count()); }},
    {"name", "",
     [](const Observer& o, std::size_t i, const DeviceState&) {
         return std::string(o.figures(i).name.data());
     }},
    {"gpu_name", "",
     [](const Observer& o, std::size_t i, const DeviceState&) {
         return std::string(o.figures(i).name.data());
     }},
    {"uuid", "", [](const Observer& o, std::size_t i, const DeviceState&) { return o.uuid(i); }},
    {"gpu_uuid", "",
     [](const Observer& o, std::size_t i, const DeviceState&) { return o.uuid(i); }},
    {"pci.bus_id", "",
     [](const Observer& o, std::size_t i, const DeviceState&) { return o.busId(i); }},
    {"driver_version", "",
     [](const Observer&, std::size_t, const DeviceState&) {
         return std::string(driverVersionText);
     }},
    {"compute_cap", "",
     [](const Observer& o, std::size_t i, const DeviceState&) {
         return std::to_string(o.figures(i).computeMajor) + "."
             + std::to_string(o.figures(i).computeMinor);
     }},
    {"memory.total", "MiB",
     [](const Observer&, std::size_t, const DeviceState& s) { return megabytes(s.memoryTotal); }},
    {"memory.used", "MiB",
     [](const Observer&, std::size_t, const DeviceState& s) { return megabytes(s.memoryUsed); }},
    {"memory.free", "MiB",
     [](const Observer&, std::size_t, const DeviceState& s) {
         return megabytes(s.memoryTotal - s.memoryUsed);
     }},
    {"utilization.gpu", "%",
     [](const Observer&, std::size_t, const DeviceState& s) {
         return std::to_string(s.utilizationPercent);
     }},
    {"utilization.memory", "%",
     [](const Observer&, std::size_t, const DeviceState& s) {
         return std::to_string(s.memoryUsed * 100 / s.memoryTotal);
     }},
    {"temperature.gpu", "",
     [](const Observer&, std::size_t, const DeviceState& s) {
         return std::to_string(s.temperatureCelsius);
     }},
    {"power.draw", "W",
     [](const Observer&, std::size_t, const DeviceState& s) {
         return std::to_string(s.powerMilliwatts / 1000) + ".00";
     }},
    {"power.limit", "W",
     [](const Observer& o, std::size_t i, const DeviceState&) {
         return std::to_string(o.figures(i).powerWatts) + ".00";
     }},
    {"clocks.sm", "MHz",
     [](const Observer&, std::size_t, const DeviceState& s) { return std::to_string(s.clockMhz); }},
    {"clocks.max.sm", "MHz",
     [](const Observer&, std::size_t, const DeviceState& s) { return std::to_string(s.clockMhz); }},
    {"clocks.mem", "MHz",
     [](const Observer& o, std::size_t i, const DeviceState&) {
         return std::to_string(o.figures(i).memoryClockKhz / 1000);
     }},
    {"pstate", "",
     [](const Observer&, std::size_t, const DeviceState&) { return std::string("P0"); }},
    {"persistence_mode", "",
     [](const Observer&, std::size_t, const DeviceState&) { return std::string("Enabled"); }},
    {"mig.mode.current", "",
     [](const Observer&, std::size_t, const DeviceState&) { return std::string("[N/A]"); }},
};

std::vector<std::string> split(std::string_view text)
{
    std::vector<std::string> out;
    std::string word;
    for (const char c : text) {
        if (c == ',') {
            out.push_back(word);
            word.clear();
        } else if (c != ' ') {
            word += c;
        }
    }
    out.push_back(word);
    return out;
}

const Field* fieldNamed(const std::string& name)
{
    for (const auto& field : fields)
        if (name == field.name)
            return &field;
    return nullptr;
}

std::vector<DeviceState> sample(Observer& observer)
{
    std::vector<DeviceState> states(observer.count());
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < states.size(); ++i)
            static_cast<void>(observer.state(i, states[i]));
        if (round == 0) // utilization is what happens between two looks
            ::poll(nullptr, 0, sampleMilliseconds);
    }
    return states;
}

int query(Observer& observer, const std::string& names, const std::string& format)
{
    std::vector<const Field*> wanted;
    for (const auto& name : split(names)) {
        wanted.push_back(fieldNamed(name));
        if (wanted.back() == nullptr) {
            std::printf("Field \"%s\" is not a valid field to query.\n", name.c_str());
            return 2;
        }
    }
    bool header = true;
    bool units = true;
    for (const auto& option : split(format)) {
        header = header && option != "noheader";
        units = units && option != "nounits";
    }
    std::string line;
    for (const auto* field : wanted)
        line += (line.empty() ? "" : ", ") + std::string(field->name)
            + (*field->unit != '\0' && units ? std::string(" [") + field->unit + "]" : "");
    if (header)
        std::puts(line.c_str());
    const auto states = sample(observer);
    for (std::size_t i = 0; i < observer.count(); ++i) {
        line.clear();
        for (const auto* field : wanted)
            line += (line.empty() ? "" : ", ") + field->value(observer, i, states[i])
                + (*field->unit != '\0' && units ? std::string(" ") + field->unit : "");
        std::puts(line.c_str());
    }
    return 0;
}

int list(const Observer& observer)
{
    for (std::size_t i = 0; i < observer.count(); ++i)
        std::printf("GPU %zu: %s (UUID: %s)\n", i, observer.figures(i).name.data(),
                    observer.uuid(i).c_str());
    return 0;
}

constexpr const char* border
    = "+-----------------------------------------+------------------------+----------------------+";
constexpr const char* wideBorder
    = "+-----------------------------------------------------------------------------------------+";

void row(const std::string& first, const std::string& second, const std::string& third)
{
    std::printf("|%-41.41s|%24.24s|%22.22s|\n", first.c_str(), (second + " ").c_str(),
                (third + " ").c_str());
}

void wideRow(const std::string& text)
{
    std::printf("|%-89.89s|\n", (" " + text).c_str());
}

void printDevice(const Observer& observer, std::size_t i, const DeviceState& state)
{
    const auto& card = observer.figures(i);
    char name[64];
    char power[64];
    std::snprintf(name, sizeof name, " %2zu  %-28.28s  On", i, card.name.data());
    std::snprintf(power, sizeof power, " N/A %3uC    P0       %6uW / %4dW",
                  state.temperatureCelsius, state.powerMilliwatts / 1000, card.powerWatts);
    row(name, observer.busId(i) + " Off", card.eccEnabled != 0 ? "0" : "Off");
    row(power, megabytes(state.memoryUsed) + "MiB / " + megabytes(state.memoryTotal) + "MiB",
        std::to_string(state.utilizationPercent) + "%      Default");
    row("", "", "emulated");
    std::puts(border);
}

void printProcesses(Observer& observer)
{
    std::puts(wideBorder);
    wideRow("Processes:  GPU        PID  Type  Process name                           GPU Memory");
    bool any = false;
    for (std::size_t i = 0; i < observer.count(); ++i)
        for (const auto& process : observer.processes(i)) {
            any = true;
            char text[128];
            std::snprintf(text, sizeof text, "          %5zu %10u     C  %-36.36s %10sMiB", i,
                          process.pid, process.program.data(),
                          megabytes(process.memoryUsed).c_str());
            wideRow(text);
        }
    if (!any)
        wideRow("No running processes found");
    std::puts(wideBorder);
}

int table(Observer& observer)
{
    const auto states = sample(observer);
    std::puts(wideBorder);
    wideRow(std::string("NVIDIA-SMI (Slipway, *emulated*)   Driver Version: ") + driverVersionText
            + "   CUDA Version: 13.0");
    wideRow("There is no card here: power and temperature are modelled, not measured.");
    std::puts(border);
    row(" GPU  Name               Persistence-M", "Bus-Id          Disp.A", "Uncorr. ECC");
    row(" Fan  Temp   Perf        Pwr:Usage/Cap", "Memory-Usage", "GPU-Util  Compute M.");
    std::puts(
        "|=========================================+========================+================="
        "=====|");
    for (std::size_t i = 0; i < observer.count(); ++i)
        printDevice(observer, i, states[i]);
    std::puts("");
    printProcesses(observer);
    return 0;
}

int usage()
{
    std::puts("nvidia-smi of Slipway shows emulated devices. It knows:\n"
              "  nvidia-smi                 the table\n"
              "  nvidia-smi -L              one line for each device\n"
              "  nvidia-smi --query-gpu=name,memory.total,… --format=csv[,noheader][,nounits]");
    return 2;
}

} // namespace

int main(int argc, char** argv)
{
    std::string names;
    std::string format = "csv";
    bool wantsList = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "-L" || argument == "--list-gpus")
            wantsList = true;
        else if (argument.starts_with("--query-gpu="))
            names = argument.substr(std::strlen("--query-gpu="));
        else if (argument.starts_with("--format="))
            format = argument.substr(std::strlen("--format="));
        else
            return usage();
    }
    std::string problem;
    const auto observer = Observer::open(problem);
    if (observer == nullptr) {
        std::printf("NVIDIA-SMI (Slipway, emulated): this task has no GPU (%s). Ask for one with "
                    "gpu=\"H100\" or run the program with slip gpu exec.\n",
                    problem.c_str());
        return 9;
    }
    if (wantsList)
        return list(*observer);
    return names.empty() ? table(*observer) : query(*observer, names, format);
}
