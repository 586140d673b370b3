// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/runtime/Runtime.h"

#include "emulator/gpu/client/driver/Errors.h"

#include <pthread.h>

namespace emulator::gpu::client {

RuntimeThread& runtimeThread()
{
    static thread_local RuntimeThread thread;
    return thread;
}

Result note(Result code)
{
    if (code != 0)
        runtimeThread().lastError = code;
    return code;
}

Result useDevice()
{
    if (const auto code = cuInit(0); code != 0)
        return code;
    Handle current = 0;
    if (const auto code = cuCtxGetCurrent(&current); code != 0 || current != 0)
        return code;
    if (const auto code = cuDevicePrimaryCtxRetain(&current, runtimeThread().device); code != 0)
        return code;
    return cuCtxSetCurrent(current);
}

Registry& registry()
{
    static auto* const only = [] {
        ::pthread_atfork(nullptr, nullptr, [] { registry().forget(); });
        return new Registry; // outlives static destructors: nvcc's code unregisters from atexit
    }();
    return *only;
}

FatBinary* Registry::add(const void* wrapper)
{
    const std::lock_guard lock(m_mutex);
    m_binaries.push_back(std::make_unique<FatBinary>());
    m_binaries.back()->wrapper = wrapper;
    return m_binaries.back().get();
}

void Registry::remove(FatBinary* binary)
{
    const std::lock_guard lock(m_mutex);
    const auto ofBinary = [binary](const auto& entry) { return entry.second.binary == binary; };
    std::erase_if(m_loaded, [&](const auto& entry) {
        const auto found = m_functions.find(entry.first.second);
        return found != m_functions.end() && found->second.binary == binary;
    });
    std::erase_if(m_functions, ofBinary);
    std::erase_if(m_variables, ofBinary);
    if (binary->library != 0)
        cuLibraryUnload(binary->library);
    std::erase_if(m_binaries, [binary](const auto& one) { return one.get() == binary; });
}

void Registry::addFunction(FatBinary* binary, const void* host, const char* name)
{
    const std::lock_guard lock(m_mutex);
    m_functions[host] = {binary, name, 0};
}

void Registry::addVariable(FatBinary* binary, const void* host, const char* name, std::size_t size)
{
    const std::lock_guard lock(m_mutex);
    m_variables[host] = {binary, name, size};
}

void Registry::addManaged(FatBinary* binary, void** host, const char* name)
{
    const std::lock_guard lock(m_mutex);
    binary->managed.push_back({host, name});
    m_variables[host] = {binary, name, 0};
}

bool Registry::isFunction(const void* host)
{
    const std::lock_guard lock(m_mutex);
    return m_functions.contains(host);
}

Result Registry::module(FatBinary& binary, Handle& out)
{
    if (binary.library == 0)
        if (const auto code = cuLibraryLoadData(&binary.library, binary.wrapper, nullptr, nullptr,
                                                0, nullptr, nullptr, 0);
            code != 0)
            return code;
    if (const auto code = cuLibraryGetModule(&out, binary.library); code != 0)
        return code;
    if (!binary.managedSet) {
        for (const auto& one : binary.managed) {
            DevicePointer address = 0;
            std::size_t size = 0;
            const auto code
                = cuLibraryGetManaged(&address, &size, binary.library, one.name.c_str());
            if (code != 0)
                return code;
            *one.host = pointer(address);
        }
        binary.managedSet = true;
    }
    return 0;
}

Result Registry::function(const void* host, Handle& out)
{
    Handle context = 0;
    if (const auto code = cuCtxGetCurrent(&context); code != 0)
        return code;
    const std::lock_guard lock(m_mutex);
    if (const auto known = m_loaded.find({context, host}); known != m_loaded.end()) {
        out = known->second;
        return 0;
    }
    const auto found = m_functions.find(host);
    if (found == m_functions.end())
        return protocol::InvalidDeviceFunction;
    Handle loaded = 0;
    if (const auto code = module(*found->second.binary, loaded); code != 0)
        return code;
    const auto code = cuModuleGetFunction(&out, loaded, found->second.name.c_str());
    if (code != 0)
        return code == protocol::NotFound ? Result {protocol::InvalidDeviceFunction} : code;
    m_loaded[{context, host}] = out;
    return 0;
}

Result Registry::variable(const void* host, DevicePointer& address, std::size_t& size)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_variables.find(host);
    if (found == m_variables.end())
        return protocol::InvalidSymbol;
    Handle loaded = 0;
    if (const auto code = module(*found->second.binary, loaded); code != 0)
        return code;
    const auto code = cuModuleGetGlobal_v2(&address, &size, loaded, found->second.name.c_str());
    return code == protocol::NotFound ? Result {protocol::InvalidSymbol} : code;
}

Result Registry::prepare(FatBinary* binary)
{
    const std::lock_guard lock(m_mutex);
    Handle loaded = 0;
    return module(*binary, loaded);
}

void Registry::forget()
{
    new (&m_mutex) std::recursive_mutex; // another thread of the parent may have held it
    m_loaded.clear();
    for (const auto& binary : m_binaries) {
        binary->library = 0;
        binary->managedSet = false;
    }
}

} // namespace emulator::gpu::client

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

SLIPWAY_EXPORT Result cudaGetLastError()
{
    const int last = runtimeThread().lastError;
    runtimeThread().lastError = 0;
    return last;
}
SLIPWAY_EXPORT Result cudaPeekAtLastError()
{
    return runtimeThread().lastError;
}

SLIPWAY_EXPORT const char* cudaGetErrorName(Result error)
{
    const ErrorText* text = errorText(error);
    return text == nullptr || text->runtimeName == nullptr ? "unrecognized error code"
                                                           : text->runtimeName;
}
SLIPWAY_EXPORT const char* cudaGetErrorString(Result error)
{
    const ErrorText* text = errorText(error);
    return text == nullptr || text->runtimeName == nullptr ? "unrecognized error code" : text->text;
}

SLIPWAY_EXPORT Result cudaDriverGetVersion(int* version)
{
    return note(cuDriverGetVersion(version));
}
SLIPWAY_EXPORT Result cudaRuntimeGetVersion(int* version)
{
    if (version == nullptr)
        return note(protocol::InvalidValue);
    *version = RUNTIME_MAJOR == 12 ? 12090 : 13000;
    return 0;
}

namespace {

Result entryPoint(const char* symbol, void** function, int version, std::uint64_t flags,
                  int* status)
{
    if (const auto code = cuInit(0); code != 0)
        return note(code);
    return note(cuGetProcAddress_v2(symbol, function, version, flags, status));
}

} // namespace

SLIPWAY_EXPORT Result cudaGetDriverEntryPoint(const char* symbol, void** function,
                                              unsigned long long flags, int* status)
{
    return entryPoint(symbol, function, RUNTIME_MAJOR == 12 ? 12090 : 13000, flags, status);
}
SLIPWAY_EXPORT Result cudaGetDriverEntryPointByVersion(const char* symbol, void** function,
                                                       unsigned version, unsigned long long flags,
                                                       int* status)
{
    return entryPoint(symbol, function, static_cast<int>(version), flags, status);
}
