// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/Api.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

namespace emulator::gpu::client {

void report(const char* message)
{
    const std::string line = std::string("slipway-gpu: ") + message + "\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void reportUnsupported(const char* function)
{
    static std::mutex mutex;
    static std::vector<std::string> told;
    const std::lock_guard lock(mutex);
    if (std::find(told.begin(), told.end(), function) != told.end())
        return;
    told.emplace_back(function);
    report((std::string(function) + " is not supported by the emulated device").c_str());
}

} // namespace emulator::gpu::client
