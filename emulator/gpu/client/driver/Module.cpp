// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Modules, libraries and the linker.

#include "emulator/gpu/client/driver/Driver.h"
#include "emulator/gpu/client/driver/HostMemory.h"
#include "emulator/gpu/client/driver/Image.h"
#include "emulator/gpu/protocol/Image.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

namespace {

/// CUjit_option: the ones that ask for text.
constexpr int infoLog = 3;
constexpr int infoLogSize = 4;
constexpr int errorLog = 5;
constexpr int errorLogSize = 6;

/// Where a caller of cuModuleLoadDataEx or cuLinkCreate wants the log. Sizes are passed as the
/// value of the pointer itself, and given back the same way.
struct LogOptions {
    LogOptions(unsigned count, const int* names, void** given)
        : values(given)
    {
        for (unsigned i = 0; i < count && names != nullptr && given != nullptr; ++i) {
            if (names[i] == errorLog)
                buffer = static_cast<char*>(given[i]);
            if (names[i] == errorLogSize)
                sizeAt = static_cast<int>(i);
            if (names[i] == infoLogSize)
                infoSizeAt = static_cast<int>(i);
        }
    }

    void write(const std::string& log) const
    {
        if (infoSizeAt >= 0)
            values[infoSizeAt] = nullptr;
        if (sizeAt < 0)
            return;
        const auto room = static_cast<std::size_t>(reinterpret_cast<std::uintptr_t>(values[sizeAt])
                                                   & 0xffffffffU);
        const std::size_t size = room == 0 ? 0 : std::min(log.size(), room - 1);
        if (buffer != nullptr && room > 0) {
            std::memcpy(buffer, log.data(), size);
            buffer[size] = '\0';
        }
        values[sizeAt] = reinterpret_cast<void*>(size); // NOLINT(performance-no-int-to-ptr)
    }

    void** values;
    char* buffer = nullptr;
    int sizeAt = -1;
    int infoSizeAt = -1;
};

bool readWhole(const char* path, std::string& out)
{
    std::FILE* file = std::fopen(path, "rb");
    if (file == nullptr)
        return false;
    char buffer[1U << 16U];
    for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, file)) > 0;)
        out.append(buffer, got);
    std::fclose(file);
    return true;
}

Result findVariable(Driver& driver, Handle module, const char* name, protocol::Range& out)
{
    Handle owner = 0;
    {
        const std::lock_guard lock(driver.mutex);
        const auto found = driver.modules.find(module);
        if (found == driver.modules.end())
            return protocol::InvalidHandle;
        owner = found->second.context;
    }
    const std::size_t size = std::strlen(name);
    const protocol::Named message {module, static_cast<std::uint32_t>(size), 0};
    protocol::Reply reply {&out, sizeof out, 0};
    return driver.settle(driver.connection().call(
        Kind::FindVariable, owner, {{&message, sizeof message}, {name, size}}, &reply));
}

} // namespace

SLIPWAY_EXPORT Result cuModuleLoadDataEx(Handle* module, const void* image, unsigned count,
                                         int* options, void** values)
{
    CONTEXT_OR_RETURN(driver, context)
    if (module == nullptr || image == nullptr)
        return protocol::InvalidValue;
    const LogOptions log(count, options, values);
    std::string text;
    const auto code = driver->loadModule(context->handle, imageOctets(image), *module, &text);
    log.write(text);
    return code;
}

SLIPWAY_EXPORT Result cuModuleLoadData(Handle* module, const void* image)
{
    return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}
SLIPWAY_EXPORT Result cuModuleLoadFatBinary(Handle* module, const void* image)
{
    return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}

SLIPWAY_EXPORT Result cuModuleLoad(Handle* module, const char* path)
{
    CONTEXT_OR_RETURN(driver, context)
    std::string image;
    if (module == nullptr || path == nullptr)
        return protocol::InvalidValue;
    if (!readWhole(path, image))
        return protocol::FileNotFound;
    return driver->loadModule(context->handle, image, *module, nullptr);
}

SLIPWAY_EXPORT Result cuModuleUnload(Handle module)
{
    DRIVER_OR_RETURN(driver)
    Handle owner = 0;
    {
        const std::lock_guard lock(driver->mutex);
        const auto found = driver->modules.find(module);
        if (found == driver->modules.end())
            return protocol::InvalidHandle;
        owner = found->second.context;
        for (const auto& [name, function] : found->second.functions)
            driver->functions.erase(function);
        driver->modules.erase(found);
    }
    return driver->tell(Kind::UnloadModule, owner, protocol::Handle {module});
}

SLIPWAY_EXPORT Result cuModuleGetLoadingMode(int* mode)
{
    if (mode == nullptr)
        return protocol::InvalidValue;
    *mode = 1; // eager
    return 0;
}

SLIPWAY_EXPORT Result cuModuleGetFunction(Handle* function, Handle module, const char* name)
{
    DRIVER_OR_RETURN(driver)
    if (function == nullptr || name == nullptr)
        return protocol::InvalidValue;
    return driver->findFunction(module, name, *function);
}

SLIPWAY_EXPORT Result cuModuleEnumerateFunctions(Handle* functions, unsigned count, Handle module)
{
    DRIVER_OR_RETURN(driver)
    Handle owner = 0;
    {
        const std::lock_guard lock(driver->mutex);
        const auto found = driver->modules.find(module);
        if (found == driver->modules.end() || functions == nullptr)
            return protocol::InvalidHandle;
        owner = found->second.context;
    }
    for (unsigned i = 0; i < count; ++i) {
        const protocol::Indexed message {module, i};
        std::vector<std::byte> space(protocol::slotBytes);
        protocol::Reply reply {space.data(), space.size(), 0};
        const auto code = driver->settle(driver->connection().call(
            Kind::FunctionAt, owner, {{&message, sizeof message}}, &reply));
        if (code == protocol::NotFound)
            return 0;
        if (code != 0)
            return code;
        space.resize(reply.size);
        if (const auto adopted = driver->adoptFunction(module, owner, space, functions[i]);
            adopted != 0)
            return adopted;
    }
    return 0;
}

SLIPWAY_EXPORT Result cuModuleGetFunctionCount(unsigned* count, Handle module)
{
    if (count == nullptr)
        return protocol::InvalidValue;
    *count = 0;
    for (;; ++*count) {
        DRIVER_OR_RETURN(driver)
        Handle owner = 0;
        {
            const std::lock_guard lock(driver->mutex);
            const auto found = driver->modules.find(module);
            if (found == driver->modules.end())
                return protocol::InvalidHandle;
            owner = found->second.context;
        }
        const auto code = driver->tell(Kind::FunctionAt, owner, protocol::Indexed {module, *count});
        if (code != 0)
            return code == protocol::NotFound ? 0 : code;
    }
}

SLIPWAY_EXPORT Result cuModuleGetGlobal_v2(DevicePointer* address, std::size_t* size, Handle module,
                                           const char* name)
{
    DRIVER_OR_RETURN(driver)
    protocol::Range range;
    if (name == nullptr)
        return protocol::InvalidValue;
    if (const auto code = findVariable(*driver, module, name, range); code != 0)
        return code;
    if (address != nullptr)
        *address = range.address;
    if (size != nullptr)
        *size = range.size;
    return 0;
}

// Libraries: code without a context.
SLIPWAY_EXPORT Result cuLibraryLoadData(Handle* library, const void* code, int*, void**, unsigned,
                                        int*, void**, unsigned)
{
    DRIVER_OR_RETURN(driver)
    if (library == nullptr || code == nullptr)
        return protocol::InvalidValue;
    LibraryState state {imageOctets(code), {}};
    const std::lock_guard lock(driver->mutex);
    *library = ++driver->lastOwnHandle;
    driver->libraries[*library] = std::move(state);
    return 0;
}

SLIPWAY_EXPORT Result cuLibraryLoadFromFile(Handle* library, const char* path, int*, void**,
                                            unsigned, int*, void**, unsigned)
{
    DRIVER_OR_RETURN(driver)
    LibraryState state;
    if (library == nullptr || path == nullptr)
        return protocol::InvalidValue;
    if (!readWhole(path, state.image))
        return protocol::FileNotFound;
    const std::lock_guard lock(driver->mutex);
    *library = ++driver->lastOwnHandle;
    driver->libraries[*library] = std::move(state);
    return 0;
}

SLIPWAY_EXPORT Result cuLibraryUnload(Handle library)
{
    DRIVER_OR_RETURN(driver)
    std::map<Handle, Handle> modules;
    {
        const std::lock_guard lock(driver->mutex);
        const auto found = driver->libraries.find(library);
        if (found == driver->libraries.end())
            return protocol::InvalidHandle;
        modules = found->second.modules;
        driver->libraries.erase(found);
        std::erase_if(driver->kernels,
                      [&](const auto& entry) { return entry.second.library == library; });
    }
    for (const auto& [context, module] : modules)
        cuModuleUnload(module);
    return 0;
}

SLIPWAY_EXPORT Result cuLibraryGetModule(Handle* module, Handle library)
{
    DRIVER_OR_RETURN(driver)
    return module == nullptr ? Result {protocol::InvalidValue} : driver->moduleOf(library, *module);
}

SLIPWAY_EXPORT Result cuLibraryGetKernel(Handle* kernel, Handle library, const char* name)
{
    DRIVER_OR_RETURN(driver)
    if (kernel == nullptr || name == nullptr)
        return protocol::InvalidValue;
    if (driver->currentContext() != nullptr) { // then a wrong name is found out now
        Handle module = 0;
        Handle function = 0;
        auto code = driver->moduleOf(library, module);
        if (code == 0)
            code = driver->findFunction(module, name, function);
        if (code != 0)
            return code;
    }
    const std::lock_guard lock(driver->mutex);
    if (!driver->libraries.contains(library))
        return protocol::InvalidHandle;
    for (const auto& [handle, state] : driver->kernels)
        if (state.library == library && state.name == name) {
            *kernel = handle;
            return 0;
        }
    *kernel = ++driver->lastOwnHandle;
    driver->kernels[*kernel] = {library, name, 0};
    return 0;
}

SLIPWAY_EXPORT Result cuLibraryGetKernelCount(unsigned* count, Handle library)
{
    DRIVER_OR_RETURN(driver)
    Handle module = 0;
    if (const auto code = driver->moduleOf(library, module); code != 0)
        return code;
    return cuModuleGetFunctionCount(count, module);
}

SLIPWAY_EXPORT Result cuLibraryGetGlobal(DevicePointer* address, std::size_t* size, Handle library,
                                         const char* name)
{
    DRIVER_OR_RETURN(driver)
    Handle module = 0;
    if (const auto code = driver->moduleOf(library, module); code != 0)
        return code;
    return cuModuleGetGlobal_v2(address, size, module, name);
}

SLIPWAY_EXPORT Result cuLibraryGetManaged(DevicePointer* address, std::size_t* size, Handle library,
                                          const char* name)
{
    DevicePointer found = 0;
    std::size_t octets = 0;
    if (const auto code = cuLibraryGetGlobal(&found, &octets, library, name); code != 0)
        return code;
    DRIVER_OR_RETURN(driver)
    if (!exposeDevicePages(*driver, found, octets)) // the host reads and writes it in place
        return protocol::OutOfMemory;
    if (address != nullptr)
        *address = found;
    if (size != nullptr)
        *size = octets;
    return 0;
}

SLIPWAY_EXPORT Result cuKernelGetFunction(Handle* function, Handle kernel)
{
    DRIVER_OR_RETURN(driver)
    const auto state = driver->function(kernel);
    if (function == nullptr || state == nullptr)
        return protocol::InvalidHandle;
    *function = state->head.handle;
    return 0;
}

SLIPWAY_EXPORT Result cuKernelGetLibrary(Handle* library, Handle kernel)
{
    DRIVER_OR_RETURN(driver)
    const std::lock_guard lock(driver->mutex);
    const auto found = driver->kernels.find(kernel);
    if (library == nullptr || found == driver->kernels.end())
        return protocol::InvalidHandle;
    *library = found->second.library;
    return 0;
}

// The linker: collects PTX (or fat binaries); what it "completes" is a bundle that is linked when
// it is loaded.
namespace {

struct LinkState {
    std::vector<std::string> inputs;
    std::string output;
};

std::mutex& linkMutex()
{
    static std::mutex mutex;
    return mutex;
}

} // namespace

SLIPWAY_EXPORT Result cuLinkCreate_v2(unsigned, int*, void**, LinkState** state)
{
    CONTEXT_OR_RETURN(driver, context)
    if (state == nullptr)
        return protocol::InvalidValue;
    *state = new LinkState;
    return 0;
}
SLIPWAY_EXPORT Result cuLinkCreate(unsigned count, int* options, void** values, LinkState** state)
{
    return cuLinkCreate_v2(count, options, values, state);
}

SLIPWAY_EXPORT Result cuLinkAddData_v2(LinkState* state, int type, void* data, std::size_t size,
                                       const char* name, unsigned, int*, void**)
{
    if (state == nullptr || data == nullptr)
        return protocol::InvalidValue;
    if (type == 3 || type == 4 || type == 5) { // object, library, NVVM
        report((std::string("cuLinkAddData: ") + (name == nullptr ? "input" : name)
                + " is machine code or NVVM; the emulated device links PTX")
                   .c_str());
        return protocol::NoBinaryForGpu;
    }
    const std::lock_guard lock(linkMutex());
    state->inputs.emplace_back(static_cast<const char*>(data), size);
    return 0;
}
SLIPWAY_EXPORT Result cuLinkAddData(LinkState* state, int type, void* data, std::size_t size,
                                    const char* name, unsigned count, int* options, void** values)
{
    return cuLinkAddData_v2(state, type, data, size, name, count, options, values);
}

SLIPWAY_EXPORT Result cuLinkAddFile_v2(LinkState* state, int type, const char* path, unsigned count,
                                       int* options, void** values)
{
    std::string content;
    if (path == nullptr || !readWhole(path, content))
        return protocol::FileNotFound;
    return cuLinkAddData_v2(state, type, content.data(), content.size(), path, count, options,
                            values);
}
SLIPWAY_EXPORT Result cuLinkAddFile(LinkState* state, int type, const char* path, unsigned count,
                                    int* options, void** values)
{
    return cuLinkAddFile_v2(state, type, path, count, options, values);
}

SLIPWAY_EXPORT Result cuLinkComplete(LinkState* state, void** cubin, std::size_t* size)
{
    if (state == nullptr || cubin == nullptr || size == nullptr || state->inputs.empty())
        return protocol::InvalidValue;
    const std::lock_guard lock(linkMutex());
    const protocol::BundleHeader header {protocol::bundleMagic,
                                         static_cast<std::uint32_t>(state->inputs.size())};
    state->output.assign(reinterpret_cast<const char*>(&header), sizeof header);
    for (const auto& input : state->inputs) {
        const std::uint64_t octets = input.size();
        state->output.append(reinterpret_cast<const char*>(&octets), sizeof octets);
        state->output += input;
    }
    *cubin = state->output.data();
    *size = state->output.size();
    return 0;
}

SLIPWAY_EXPORT Result cuLinkDestroy(LinkState* state)
{
    if (state == nullptr)
        return protocol::InvalidValue;
    delete state;
    return 0;
}
