// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/driver/ProcAddress.h"

#include "emulator/gpu/client/Api.h"
#include "emulator/gpu/protocol/Codes.h"

#include <cstring>
#include <string_view>

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

namespace {

constexpr std::uint64_t flagPerThread = 2; ///< CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM
constexpr int found = 0;
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
        const int since = own || std::strcmp(one.symbol, one.base) == 0 ? one.version : one.version;
        if (since > version || isPerThread(one.symbol) != perThread)
            continue;
        if (best == nullptr || since > best->version)
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
        *status = best != nullptr ? found : known ? versionTooLow : notFound;
    if (best == nullptr)
        return status != nullptr ? 0 : Result {protocol::NotFound};
    *function = best->function;
    return 0;
}

SLIPWAY_EXPORT Result cuGetProcAddress(const char* name, void** function, int version,
                                       std::uint64_t flags)
{
    int status = found;
    const auto code = cuGetProcAddress_v2(name, function, version, flags, &status);
    return code == 0 && status != found ? Result {protocol::NotFound} : code;
}

SLIPWAY_EXPORT Result cuGetExportTable(const void** table, const void* id)
{
    // Private tables of NVIDIA's own runtime, whose static form asks here whether the driver is
    // genuine. It is not, and does not say that it is.
    reportUnsupported("cuGetExportTable (a private interface of NVIDIA's runtime; build with the "
                      "shared CUDA runtime: NVCC_APPEND_FLAGS=\"-cudart shared\")");
    if (table != nullptr)
        *table = nullptr;
    static_cast<void>(id);
    return protocol::NotSupported;
}
