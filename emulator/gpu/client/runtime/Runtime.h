// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/client/Api.h"
#include "emulator/gpu/client/runtime/DriverApi.h"
#include "emulator/gpu/protocol/Codes.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace emulator::gpu::client {

/// dim3, passed by value as there.
struct Dim3 {
    unsigned x = 1;
    unsigned y = 1;
    unsigned z = 1;
};

/// The device code of one translation unit (or of a whole separate compilation).
struct FatBinary {
    const void* wrapper = nullptr;
    Handle library = 0; ///< of the driver, once something of it was used
    struct Managed {
        void** host = nullptr; ///< the variable that the program reads the address from
        std::string name;
    };
    std::vector<Managed> managed;
    bool managedSet = false;
};

struct Registered {
    FatBinary* binary = nullptr;
    std::string name; ///< mangled, as in the PTX
    std::size_t size = 0;
};

/// What nvcc's host code registered in this process, and where it is in each context. Thread-safe.
class Registry {
public:
    FatBinary* add(const void* wrapper);
    void remove(FatBinary* binary);
    void addFunction(FatBinary* binary, const void* host, const char* name);
    void addVariable(FatBinary* binary, const void* host, const char* name, std::size_t size);
    void addManaged(FatBinary* binary, void** host, const char* name);

    [[nodiscard]] bool isFunction(const void* host);
    /// The kernel of a host stub in the current context.
    Result function(const void* host, Handle& out);
    /// The device variable of a host symbol in the current context.
    Result variable(const void* host, DevicePointer& address, std::size_t& size);
    /// Loads a binary and tells the program where its managed variables are.
    Result prepare(FatBinary* binary);

    /// In the child of fork: nothing is loaded.
    void forget();

private:
    Result module(FatBinary& binary, Handle& out); ///< with m_mutex held

    std::recursive_mutex m_mutex;
    std::vector<std::unique_ptr<FatBinary>> m_binaries;
    std::map<const void*, Registered> m_functions;
    std::map<const void*, Registered> m_variables;
    std::map<std::pair<Handle, const void*>, Handle> m_loaded; ///< (context, stub) → function
};

Registry& registry();

/// What the runtime keeps for each thread.
struct RuntimeThread {
    int lastError = 0;
    int device = 0;
    struct Configuration {
        Dim3 grid;
        Dim3 block;
        std::size_t sharedBytes = 0;
        Handle stream = 0;
    };
    std::vector<Configuration> configurations;
};
RuntimeThread& runtimeThread();

/// Remembers an error for cudaGetLastError and gives it back.
Result note(Result code);

/// Makes the thread's device current, with its primary context unless another one is current.
Result useDevice();

/// useDevice(), then `code` of the call that needs it, noted.
#define USE_DEVICE_OR_RETURN                                                                       \
    if (const auto used = emulator::gpu::client::useDevice(); used != 0)                           \
        return emulator::gpu::client::note(used);

inline DevicePointer number(const void* pointer)
{
    return reinterpret_cast<DevicePointer>(pointer);
}
inline void* pointer(DevicePointer address)
{
    return reinterpret_cast<void*>(address); // NOLINT(performance-no-int-to-ptr)
}

} // namespace emulator::gpu::client
