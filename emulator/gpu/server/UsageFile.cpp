// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/UsageFile.h"

#include "emulator/base/Json.h"
#include "emulator/base/Log.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>

namespace emulator::gpu::server {
namespace {

Json lineOf(Devices& devices, std::vector<protocol::Usage>& last)
{
    using namespace std::chrono;
    Json line;
    line["time"] = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    for (std::size_t i = 0; i < devices.count(); ++i) {
        const auto now = devices.usage(i);
        const auto span = std::max<std::uint64_t>(now.nowMicroseconds - last[i].nowMicroseconds, 1);
        const auto busy = now.busyMicroseconds - last[i].busyMicroseconds;
        line["devices"].push_back(
            {{"utilization", std::min(1.0, static_cast<double>(busy) / static_cast<double>(span))},
             {"memoryUsed", now.memoryUsed},
             {"memoryTotal", now.memoryTotal},
             {"kernels", now.kernels - last[i].kernels}});
        last[i] = now;
    }
    return line;
}

} // namespace

std::jthread writeUsage(std::filesystem::path path, Devices& devices)
{
    return std::jthread([path = std::move(path), &devices](std::stop_token stop) {
        std::ofstream out(path, std::ios::app);
        if (!out) {
            log::error("gpud", "cannot write usage to " + path.string());
            return;
        }
        std::vector<protocol::Usage> last;
        for (std::size_t i = 0; i < devices.count(); ++i)
            last.push_back(devices.usage(i));
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        while (!never.wait_for(lock, stop, std::chrono::seconds(1),
                               [&stop] { return stop.stop_requested(); }))
            out << lineOf(devices, last).dump() << std::endl;
    });
}

} // namespace emulator::gpu::server
