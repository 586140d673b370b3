// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/ProcessTree.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace emulator::container {
namespace fs = std::filesystem;
namespace {

void addChildren(int pid, std::vector<int>& into)
{
    std::error_code gone;
    const auto tasks = "/proc/" + std::to_string(pid) + "/task";
    for (fs::directory_iterator task(tasks, gone), end; !gone && task != end;
         task.increment(gone)) {
        std::ifstream children(task->path() / "children");
        for (int child = 0; children >> child;)
            into.push_back(child);
    }
}

void add(int pid, ProcessSum& sum)
{
    const auto folder = "/proc/" + std::to_string(pid);
    static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    static const auto tick = 1'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::uint64_t shared = 0;
    std::ifstream(folder + "/statm") >> size >> resident >> shared;
    sum.memoryBytes += (resident > shared ? resident - shared : 0) * page;
    std::string stat;
    std::ifstream file(folder + "/stat");
    std::getline(file, stat);
    const auto name = stat.rfind(')'); // the name may hold anything
    if (name == std::string::npos)
        return;
    ++sum.processes;
    // proc(5): state is field 3; utime 14, stime 15, cutime 16, cstime 17.
    std::size_t at = name + 2;
    for (int skip = 3; skip < 14; ++skip)
        at = stat.find(' ', at) + 1;
    std::uint64_t ticks = 0;
    for (int i = 0; i < 4; ++i) {
        ticks += std::stoull(stat.substr(at));
        at = stat.find(' ', at) + 1;
    }
    sum.cpuMicros += ticks * tick;
}

} // namespace

ProcessSum sumOf(int root)
{
    ProcessSum sum;
    std::vector<int> todo {root};
    while (!todo.empty()) {
        const int pid = todo.back();
        todo.pop_back();
        add(pid, sum);
        addChildren(pid, todo);
    }
    return sum;
}

} // namespace emulator::container
