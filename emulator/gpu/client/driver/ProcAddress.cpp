// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/driver/ProcAddress.h"

#include "emulator/gpu/client/Api.h"
#include "emulator/gpu/protocol/Codes.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

namespace {

constexpr std::uint64_t flagPerThread = 2; ///< CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM
constexpr int statusFound = 0;
constexpr int notFound = 1;
constexpr int versionTooLow = 2;

bool isPerThread(std::string_view symbol)
{
    return symbol.ends_with("_ptsz") || symbol.ends_with("_ptds");
}

/// The newest symbol of `name` that is not newer than `version`.
const Export* newest(const char* name, int version, bool perThread, bool& known)
{
    const Export* best = nullptr;
    for (std::size_t i = 0; i < driverExportCount; ++i) {
        const Export& one = driverExports[i];
        const bool own = std::strcmp(one.symbol, name) == 0 && std::strcmp(one.base, name) != 0;
        if (std::strcmp(one.base, name) != 0 && !own)
            continue;
        known = true;
        if (one.version > version || isPerThread(one.symbol) != perThread)
            continue;
        if (best == nullptr || one.version > best->version)
            best = &one;
    }
    return best;
}

} // namespace

SLIPWAY_EXPORT Result cuGetProcAddress_v2(const char* name, void** function, int version,
                                          std::uint64_t flags, int* status)
{
    if (name == nullptr || function == nullptr)
        return protocol::InvalidValue;
    *function = nullptr;
    bool known = false;
    const Export* best = nullptr;
    if ((flags & flagPerThread) != 0)
        best = newest(name, version, true, known);
    if (best == nullptr)
        best = newest(name, version, false, known);
    if (status != nullptr)
        *status = best != nullptr ? statusFound : known ? versionTooLow : notFound;
    if (best == nullptr)
        return status != nullptr ? 0 : Result {protocol::NotFound};
    *function = best->function;
    return 0;
}

SLIPWAY_EXPORT Result cuGetProcAddress(const char* name, void** function, int version,
                                       std::uint64_t flags)
{
    int status = statusFound;
    const auto code = cuGetProcAddress_v2(name, function, version, flags, &status);
    return code == 0 && status != statusFound ? Result {protocol::NotFound} : code;
}

namespace {

/// The file that the code at `address` was loaded from (/proc/self/maps); empty when unknown.
std::string fileAt(const void* address)
{
    std::string found;
    std::FILE* maps = std::fopen("/proc/self/maps", "r");
    if (maps == nullptr)
        return found;
    char line[4352];
    while (std::fgets(line, sizeof line, maps) != nullptr) {
        unsigned long first = 0;
        unsigned long last = 0;
        const auto wanted = reinterpret_cast<std::uintptr_t>(address);
        if (std::sscanf(line, "%lx-%lx", &first, &last) != 2 || wanted < first || wanted >= last)
            continue;
        if (const char* path = std::strchr(line, '/'); path != nullptr)
            found.assign(path, std::strcspn(path, "\n"));
        break;
    }
    std::fclose(maps);
    return found;
}

} // namespace

SLIPWAY_EXPORT Result cuGetExportTable(const void** table, const void*)
{
    // Private tables of NVIDIA's own libraries. Its static runtime asks here whether the driver is
    // genuine; this one is not, and does not say that it is. The compilers ask too, and do without.
    if (table != nullptr)
        *table = nullptr;
    const std::string caller = fileAt(__builtin_return_address(0));
    if (caller.find("nvrtc") == std::string::npos && caller.find("nvJitLink") == std::string::npos)
        report(("cuGetExportTable refused: " + caller
                + " has NVIDIA's CUDA runtime linked in (static cudart), which works with NVIDIA's "
                  "own driver only. Rebuild it with NVCC_APPEND_FLAGS=\"-cudart shared\"")
                   .c_str());
    return protocol::NotSupported;
}
