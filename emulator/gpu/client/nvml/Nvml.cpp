// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// libnvidia-ml.so.1: what monitoring programs, PyTorch and pynvml ask (NVML API Reference).

#include "emulator/gpu/client/Api.h"
#include "emulator/gpu/client/nvml/Observer.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <mutex>

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

namespace {

/// nvmlReturn_t.
enum Return {
    Success = 0,
    Uninitialized = 1,
    InvalidArgument = 2,
    NotSupported = 3,
    NotFound = 6,
    InsufficientSize = 7,
    DriverNotLoaded = 9,
    Unknown = 999,
};

struct State {
    std::mutex mutex;
    std::unique_ptr<Observer> observer;
    int users = 0;
    int pid = 0;
};

State& state()
{
    static auto* const only = new State;
    return *only;
}

/// nvmlDevice_t is 1 + the index. Runs `use(observer, index)` under the lock.
template<typename Use>
Result withDevice(Handle device, Use use)
{
    State& own = state();
    const std::lock_guard lock(own.mutex);
    if (own.observer == nullptr || own.pid != ::getpid())
        return Uninitialized;
    if (device == 0 || device > own.observer->count())
        return InvalidArgument;
    return use(*own.observer, static_cast<std::size_t>(device - 1));
}

template<typename Give>
Result withState(Handle device, Give give)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) -> Result {
        DeviceState now;
        if (!observer.state(i, now))
            return Unknown;
        give(now, observer.figures(i));
        return Success;
    });
}

Result copyText(const std::string& text, char* out, unsigned length)
{
    if (out == nullptr)
        return InvalidArgument;
    if (length <= text.size())
        return InsufficientSize;
    std::memcpy(out, text.c_str(), text.size() + 1);
    return Success;
}

template<typename T>
Result give(T* out, T value)
{
    if (out == nullptr)
        return InvalidArgument;
    *out = value;
    return Success;
}

} // namespace

SLIPWAY_EXPORT Result nvmlInit_v2()
{
    State& own = state();
    const std::lock_guard lock(own.mutex);
    if (own.observer != nullptr && own.pid != ::getpid())
        static_cast<void>(own.observer.release()); // the parent's
    if (own.observer == nullptr) {
        std::string problem;
        own.observer = Observer::open(problem);
        own.pid = ::getpid();
        own.users = 0;
    }
    if (own.observer == nullptr)
        return DriverNotLoaded;
    ++own.users;
    return Success;
}
SLIPWAY_EXPORT Result nvmlInit()
{
    return nvmlInit_v2();
}
SLIPWAY_EXPORT Result nvmlInitWithFlags(unsigned)
{
    return nvmlInit_v2();
}
SLIPWAY_EXPORT Result nvmlShutdown()
{
    State& own = state();
    const std::lock_guard lock(own.mutex);
    if (own.observer == nullptr)
        return Uninitialized;
    if (--own.users <= 0)
        own.observer.reset();
    return Success;
}

SLIPWAY_EXPORT const char* nvmlErrorString(Result code)
{
    switch (code) {
    case Success:
        return "Success";
    case Uninitialized:
        return "Uninitialized";
    case InvalidArgument:
        return "Invalid Argument";
    case NotSupported:
        return "Not Supported";
    case NotFound:
        return "Not Found";
    case InsufficientSize:
        return "Insufficient Size";
    case DriverNotLoaded:
        return "Driver Not Loaded";
    default:
        return "Unknown Error";
    }
}

SLIPWAY_EXPORT Result nvmlSystemGetDriverVersion(char* out, unsigned length)
{
    return copyText(driverVersionText, out, length);
}
SLIPWAY_EXPORT Result nvmlSystemGetNVMLVersion(char* out, unsigned length)
{
    return copyText(std::string("13.") + driverVersionText, out, length);
}
SLIPWAY_EXPORT Result nvmlSystemGetCudaDriverVersion(int* version)
{
    return give(version, driverVersion);
}
SLIPWAY_EXPORT Result nvmlSystemGetCudaDriverVersion_v2(int* version)
{
    return give(version, driverVersion);
}
SLIPWAY_EXPORT Result nvmlSystemGetProcessName(unsigned pid, char* out, unsigned length)
{
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%u/comm", pid);
    char name[64] = {};
    std::FILE* file = std::fopen(path, "r");
    if (file == nullptr)
        return NotFound;
    [[maybe_unused]] const char* got = std::fgets(name, sizeof name, file);
    std::fclose(file);
    name[std::strcspn(name, "\n")] = '\0';
    return copyText(name, out, length);
}

SLIPWAY_EXPORT Result nvmlDeviceGetCount_v2(unsigned* count)
{
    State& own = state();
    const std::lock_guard lock(own.mutex);
    if (own.observer == nullptr)
        return Uninitialized;
    return give(count, static_cast<unsigned>(own.observer->count()));
}
SLIPWAY_EXPORT Result nvmlDeviceGetCount(unsigned* count)
{
    return nvmlDeviceGetCount_v2(count);
}

SLIPWAY_EXPORT Result nvmlDeviceGetHandleByIndex_v2(unsigned index, Handle* device)
{
    return withDevice(Handle {index} + 1,
                      [&](Observer&, std::size_t) { return give(device, Handle {index} + 1); });
}
SLIPWAY_EXPORT Result nvmlDeviceGetHandleByIndex(unsigned index, Handle* device)
{
    return nvmlDeviceGetHandleByIndex_v2(index, device);
}

namespace {

template<typename Matches>
Result findDevice(Handle* device, Matches matches)
{
    for (Handle i = 1;; ++i) {
        bool found = false;
        const auto code = withDevice(i, [&](Observer& observer, std::size_t index) -> Result {
            found = matches(observer, index);
            return Success;
        });
        if (code != Success)
            return code == InvalidArgument ? Result {NotFound} : code;
        if (found)
            return give(device, i);
    }
}

} // namespace

SLIPWAY_EXPORT Result nvmlDeviceGetHandleByUUID(const char* uuid, Handle* device)
{
    return findDevice(device, [uuid](Observer& observer, std::size_t i) {
        return uuid != nullptr && observer.uuid(i) == uuid;
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetHandleByPciBusId_v2(const char* id, Handle* device)
{
    unsigned bus = 0;
    if (id == nullptr || std::sscanf(id, "%*x:%x:", &bus) != 1)
        return InvalidArgument;
    return findDevice(device, [bus](Observer& observer, std::size_t i) {
        return observer.figures(i).pciBus == static_cast<int>(bus);
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetHandleByPciBusId(const char* id, Handle* device)
{
    return nvmlDeviceGetHandleByPciBusId_v2(id, device);
}

SLIPWAY_EXPORT Result nvmlDeviceGetName(Handle device, char* out, unsigned length)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) {
        return copyText(observer.figures(i).name.data(), out, length);
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetUUID(Handle device, char* out, unsigned length)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) {
        return copyText(observer.uuid(i), out, length);
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetSerial(Handle device, char* out, unsigned length)
{
    return withDevice(device, [&](Observer&, std::size_t i) {
        return copyText("emulated-" + std::to_string(i), out, length);
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetIndex(Handle device, unsigned* index)
{
    return withDevice(
        device, [&](Observer&, std::size_t i) { return give(index, static_cast<unsigned>(i)); });
}
SLIPWAY_EXPORT Result nvmlDeviceGetMinorNumber(Handle device, unsigned* number)
{
    return nvmlDeviceGetIndex(device, number);
}
SLIPWAY_EXPORT Result nvmlDeviceGetBrand(Handle device, int* brand)
{
    return withDevice(device, [&](Observer&, std::size_t) { return give(brand, 14); }); // NVIDIA
}
SLIPWAY_EXPORT Result nvmlDeviceGetArchitecture(Handle device, unsigned* architecture)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) {
        const auto& card = observer.figures(i);
        switch (card.computeMajor * 10 + card.computeMinor) {
        case 75:
            return give(architecture, 6U); // Turing
        case 80:
        case 86:
            return give(architecture, 7U); // Ampere
        case 89:
            return give(architecture, 8U); // Ada
        case 90:
            return give(architecture, 9U); // Hopper
        default:
            return give(architecture, 10U); // Blackwell
        }
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetCudaComputeCapability(Handle device, int* major, int* minor)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) -> Result {
        const auto& card = observer.figures(i);
        if (major == nullptr || minor == nullptr)
            return InvalidArgument;
        *major = card.computeMajor;
        *minor = card.computeMinor;
        return Success;
    });
}

/// nvmlMemory_t and nvmlMemory_v2_t.
struct MemoryInfo {
    unsigned long long total, free, used;
};
struct MemoryInfo2 {
    unsigned version;
    unsigned long long total, reserved, free, used;
};

SLIPWAY_EXPORT Result nvmlDeviceGetMemoryInfo(Handle device, MemoryInfo* out)
{
    if (out == nullptr)
        return InvalidArgument;
    return withState(device, [&](const DeviceState& now, const protocol::DeviceFigures&) {
        *out = {now.memoryTotal, now.memoryTotal - now.memoryUsed, now.memoryUsed};
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetMemoryInfo_v2(Handle device, MemoryInfo2* out)
{
    if (out == nullptr)
        return InvalidArgument;
    return withState(device, [&](const DeviceState& now, const protocol::DeviceFigures&) {
        *out = {out->version, now.memoryTotal, 0, now.memoryTotal - now.memoryUsed, now.memoryUsed};
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetBAR1MemoryInfo(Handle device, MemoryInfo* out)
{
    return nvmlDeviceGetMemoryInfo(device, out);
}

struct Utilization {
    unsigned gpu, memory;
};
SLIPWAY_EXPORT Result nvmlDeviceGetUtilizationRates(Handle device, Utilization* out)
{
    if (out == nullptr)
        return InvalidArgument;
    return withState(device, [&](const DeviceState& now, const protocol::DeviceFigures&) {
        *out = {now.utilizationPercent,
                static_cast<unsigned>(now.memoryUsed * 100 / now.memoryTotal)};
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetTemperature(Handle device, int, unsigned* out)
{
    return out == nullptr
        ? Result {InvalidArgument}
        : withState(device, [&](const DeviceState& now, const protocol::DeviceFigures&) {
              *out = now.temperatureCelsius;
          });
}
SLIPWAY_EXPORT Result nvmlDeviceGetPowerUsage(Handle device, unsigned* out)
{
    return out == nullptr
        ? Result {InvalidArgument}
        : withState(device, [&](const DeviceState& now, const protocol::DeviceFigures&) {
              *out = now.powerMilliwatts;
          });
}
SLIPWAY_EXPORT Result nvmlDeviceGetPowerManagementLimit(Handle device, unsigned* out)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) {
        return give(out, static_cast<unsigned>(observer.figures(i).powerWatts) * 1000);
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetEnforcedPowerLimit(Handle device, unsigned* out)
{
    return nvmlDeviceGetPowerManagementLimit(device, out);
}
SLIPWAY_EXPORT Result nvmlDeviceGetPowerManagementDefaultLimit(Handle device, unsigned* out)
{
    return nvmlDeviceGetPowerManagementLimit(device, out);
}
SLIPWAY_EXPORT Result nvmlDeviceGetClockInfo(Handle device, int clock, unsigned* out)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) {
        const auto& card = observer.figures(i);
        return give(
            out, static_cast<unsigned>((clock == 2 ? card.memoryClockKhz : card.clockKhz) / 1000));
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetMaxClockInfo(Handle device, int clock, unsigned* out)
{
    return nvmlDeviceGetClockInfo(device, clock, out);
}
SLIPWAY_EXPORT Result nvmlDeviceGetPerformanceState(Handle device, int* out)
{
    return withDevice(device, [&](Observer&, std::size_t) { return give(out, 0); });
}
SLIPWAY_EXPORT Result nvmlDeviceGetPersistenceMode(Handle device, int* out)
{
    return withDevice(device, [&](Observer&, std::size_t) { return give(out, 1); });
}
SLIPWAY_EXPORT Result nvmlDeviceGetComputeMode(Handle device, int* out)
{
    return withDevice(device, [&](Observer&, std::size_t) { return give(out, 0); });
}
SLIPWAY_EXPORT Result nvmlDeviceGetDisplayMode(Handle device, int* out)
{
    return nvmlDeviceGetComputeMode(device, out);
}
SLIPWAY_EXPORT Result nvmlDeviceGetDisplayActive(Handle device, int* out)
{
    return nvmlDeviceGetComputeMode(device, out);
}
SLIPWAY_EXPORT Result nvmlDeviceGetEccMode(Handle device, int* current, int* pending)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) {
        const int on = observer.figures(i).eccEnabled;
        give(pending, on);
        return give(current, on);
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetMemoryBusWidth(Handle device, unsigned* out)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) {
        return give(out, static_cast<unsigned>(observer.figures(i).memoryBusBits));
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetMaxPcieLinkGeneration(Handle device, unsigned* out)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) {
        return give(out, static_cast<unsigned>(observer.figures(i).pcieGeneration));
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetCurrPcieLinkGeneration(Handle device, unsigned* out)
{
    return nvmlDeviceGetMaxPcieLinkGeneration(device, out);
}
SLIPWAY_EXPORT Result nvmlDeviceGetMaxPcieLinkWidth(Handle device, unsigned* out)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) {
        return give(out, static_cast<unsigned>(observer.figures(i).pcieLanes));
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetCurrPcieLinkWidth(Handle device, unsigned* out)
{
    return nvmlDeviceGetMaxPcieLinkWidth(device, out);
}
SLIPWAY_EXPORT Result nvmlDeviceGetNumGpuCores(Handle device, unsigned* out)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) {
        const auto& card = observer.figures(i);
        const int perUnit = card.computeMajor * 10 + card.computeMinor <= 80 ? 64 : 128;
        return give(out, static_cast<unsigned>(card.multiprocessors * perUnit));
    });
}

/// nvmlPciInfo_t (version 3).
struct PciInfo {
    char busIdLegacy[16];
    unsigned domain, bus, device, pciDeviceId, pciSubSystemId;
    char busId[32];
};
SLIPWAY_EXPORT Result nvmlDeviceGetPciInfo_v3(Handle device, PciInfo* out)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) -> Result {
        if (out == nullptr)
            return InvalidArgument;
        *out = {};
        out->bus = static_cast<unsigned>(observer.figures(i).pciBus);
        std::snprintf(out->busId, sizeof out->busId, "%s", observer.busId(i).c_str());
        std::snprintf(out->busIdLegacy, sizeof out->busIdLegacy, "%s",
                      observer.busId(i).substr(4).c_str());
        return Success;
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetPciInfo_v2(Handle device, PciInfo* out)
{
    return nvmlDeviceGetPciInfo_v3(device, out);
}
SLIPWAY_EXPORT Result nvmlDeviceGetPciInfo(Handle device, PciInfo* out)
{
    return nvmlDeviceGetPciInfo_v3(device, out);
}

/// nvmlProcessInfo_t (versions 2 and 3).
struct ProcessInfo {
    unsigned pid;
    unsigned long long usedGpuMemory;
    unsigned gpuInstanceId, computeInstanceId;
};
SLIPWAY_EXPORT Result nvmlDeviceGetComputeRunningProcesses_v3(Handle device, unsigned* count,
                                                              ProcessInfo* out)
{
    return withDevice(device, [&](Observer& observer, std::size_t i) -> Result {
        if (count == nullptr)
            return InvalidArgument;
        const auto all = observer.processes(i);
        const bool fits = all.size() <= *count;
        *count = static_cast<unsigned>(all.size());
        if (!fits)
            return InsufficientSize;
        for (std::size_t at = 0; at < all.size() && out != nullptr; ++at)
            out[at] = {all[at].pid, all[at].memoryUsed, ~0U, ~0U};
        return Success;
    });
}
SLIPWAY_EXPORT Result nvmlDeviceGetComputeRunningProcesses_v2(Handle device, unsigned* count,
                                                              ProcessInfo* out)
{
    return nvmlDeviceGetComputeRunningProcesses_v3(device, count, out);
}
SLIPWAY_EXPORT Result nvmlDeviceGetComputeRunningProcesses(Handle device, unsigned* count,
                                                           ProcessInfo* out)
{
    return nvmlDeviceGetComputeRunningProcesses_v3(device, count, out);
}
SLIPWAY_EXPORT Result nvmlDeviceGetGraphicsRunningProcesses_v3(Handle device, unsigned* count,
                                                               ProcessInfo*)
{
    return withDevice(device, [&](Observer&, std::size_t) { return give(count, 0U); });
}
