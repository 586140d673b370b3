// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// What the host code that nvcc generates calls before main and around each <<<launch>>>.

#include "emulator/gpu/client/runtime/Execution.h"
#include "emulator/gpu/client/runtime/Runtime.h"

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

SLIPWAY_EXPORT void** __cudaRegisterFatBinary(void* wrapper)
{
    return reinterpret_cast<void**>(registry().add(wrapper));
}
SLIPWAY_EXPORT void __cudaRegisterFatBinaryEnd(void**) { }
SLIPWAY_EXPORT void __cudaUnregisterFatBinary(void** handle)
{
    registry().remove(reinterpret_cast<FatBinary*>(handle));
}

SLIPWAY_EXPORT void __cudaRegisterFunction(void** handle, const char* host, char*,
                                           const char* deviceName, int, void*, void*, void*, void*,
                                           int*)
{
    registry().addFunction(reinterpret_cast<FatBinary*>(handle), host, deviceName);
}

SLIPWAY_EXPORT void __cudaRegisterVar(void** handle, char* host, char*, const char* deviceName, int,
                                      std::size_t size, int, int)
{
    registry().addVariable(reinterpret_cast<FatBinary*>(handle), host, deviceName, size);
}

SLIPWAY_EXPORT void __cudaRegisterManagedVar(void** handle, void** host, char*,
                                             const char* deviceName, int, std::size_t, int, int)
{
    registry().addManaged(reinterpret_cast<FatBinary*>(handle), host, deviceName);
}

/// Called before a managed variable is first touched.
SLIPWAY_EXPORT char __cudaInitModule(void** handle)
{
    if (useDevice() != 0)
        return 0;
    return registry().prepare(reinterpret_cast<FatBinary*>(handle)) == 0 ? 1 : 0;
}

SLIPWAY_EXPORT void __cudaRegisterTexture(void**, const void*, const void**, const char*, int, int,
                                          int)
{
    reportUnsupported("a texture reference");
}
SLIPWAY_EXPORT void __cudaRegisterSurface(void**, const void*, const void**, const char*, int, int)
{
    reportUnsupported("a surface reference");
}

SLIPWAY_EXPORT unsigned __cudaPushCallConfiguration(Dim3 grid, Dim3 block, std::size_t sharedBytes,
                                                    Handle stream)
{
    runtimeThread().configurations.push_back({grid, block, sharedBytes, stream});
    return 0;
}

SLIPWAY_EXPORT Result __cudaPopCallConfiguration(Dim3* grid, Dim3* block, std::size_t* sharedBytes,
                                                 Handle* stream)
{
    auto& stack = runtimeThread().configurations;
    if (stack.empty())
        return note(protocol::MissingConfiguration);
    const auto last = stack.back();
    stack.pop_back();
    *grid = last.grid;
    *block = last.block;
    *sharedBytes = last.sharedBytes;
    *stream = last.stream;
    return 0;
}

/// The handle is the stub itself: nvcc's code keeps it, whatever context is current later.
SLIPWAY_EXPORT Result __cudaGetKernel(const void** kernel, const void* host)
{
    *kernel = host;
    return registry().isFunction(host) ? 0 : note(protocol::InvalidDeviceFunction);
}

SLIPWAY_EXPORT Result __cudaLaunchKernel(const void* kernel, Dim3 grid, Dim3 block,
                                         void** arguments, std::size_t sharedBytes, Handle stream)
{
    return note(launchStub(kernel, {grid, block, sharedBytes, stream}, arguments, false));
}
