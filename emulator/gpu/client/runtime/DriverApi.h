// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/client/Api.h"

/// The functions of libcuda on which the runtime stands; it uses nothing else of it.
extern "C" {
using emulator::gpu::client::DevicePointer;
using emulator::gpu::client::Handle;

int cuInit(unsigned flags);
int cuDriverGetVersion(int* version);
int cuDeviceGetCount(int* count);
int cuDeviceGetName(char* name, int length, int device);
int cuDeviceGetUuid_v2(void* uuid, int device);
int cuDeviceTotalMem_v2(std::size_t* bytes, int device);
int cuDeviceGetAttribute(int* value, int attribute, int device);
int cuDeviceGetPCIBusId(char* id, int length, int device);
int cuDeviceGetByPCIBusId(int* device, const char* id);
int cuDeviceCanAccessPeer(int* can, int device, int peer);
int cuDeviceGetP2PAttribute(int* value, int attribute, int device, int peer);
int cuDeviceGetDefaultMemPool(Handle* pool, int device);
int cuDevicePrimaryCtxRetain(Handle* context, int device);
int cuDevicePrimaryCtxReset_v2(int device);
int cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active);
int cuCtxSetCurrent(Handle context);
int cuCtxGetCurrent(Handle* context);
int cuCtxGetDevice(int* device);
int cuCtxSynchronize();
int cuCtxSetLimit(int limit, std::size_t value);
int cuCtxGetLimit(std::size_t* value, int limit);
int cuCtxGetCacheConfig(int* config);
int cuCtxSetCacheConfig(int config);
int cuCtxGetStreamPriorityRange(int* least, int* greatest);
int cuCtxEnablePeerAccess(Handle peer, unsigned flags);
int cuCtxDisablePeerAccess(Handle peer);
int cuLibraryLoadData(Handle* library, const void* code, int*, void**, unsigned, int*, void**,
                      unsigned);
int cuLibraryUnload(Handle library);
int cuLibraryGetModule(Handle* module, Handle library);
int cuLibraryGetManaged(DevicePointer* address, std::size_t* size, Handle library,
                        const char* name);
int cuModuleGetFunction(Handle* function, Handle module, const char* name);
int cuModuleGetGlobal_v2(DevicePointer* address, std::size_t* size, Handle module,
                         const char* name);
int cuMemGetInfo_v2(std::size_t* free, std::size_t* total);
int cuMemAlloc_v2(DevicePointer* address, std::size_t size);
int cuMemFree_v2(DevicePointer address);
int cuMemAllocManaged(DevicePointer* address, std::size_t size, unsigned flags);
int cuMemHostAlloc(void** pointer, std::size_t size, unsigned flags);
int cuMemFreeHost(void* pointer);
int cuMemHostRegister_v2(void* pointer, std::size_t size, unsigned flags);
int cuMemHostUnregister(void* pointer);
int cuMemHostGetDevicePointer_v2(DevicePointer* address, void* pointer, unsigned flags);
int cuMemHostGetFlags(unsigned* flags, void* pointer);
int cuPointerGetAttribute(void* data, int attribute, DevicePointer address);
int cuMemAllocAsync(DevicePointer* address, std::size_t size, Handle stream);
int cuMemAllocFromPoolAsync(DevicePointer* address, std::size_t size, Handle pool, Handle stream);
int cuMemFreeAsync(DevicePointer address, Handle stream);
int cuMemPoolCreate(Handle* pool, const void* properties);
int cuMemPoolDestroy(Handle pool);
int cuMemPoolTrimTo(Handle pool, std::size_t keep);
int cuMemPoolSetAttribute(Handle pool, int attribute, void* value);
int cuMemPoolGetAttribute(Handle pool, int attribute, void* value);
int cuMemcpy(DevicePointer to, DevicePointer from, std::size_t size);
int cuMemcpyAsync(DevicePointer to, DevicePointer from, std::size_t size, Handle stream);
int cuMemcpyHtoD_v2(DevicePointer to, const void* from, std::size_t size);
int cuMemcpyDtoH_v2(void* to, DevicePointer from, std::size_t size);
int cuMemcpyDtoD_v2(DevicePointer to, DevicePointer from, std::size_t size);
int cuMemcpyHtoDAsync_v2(DevicePointer to, const void* from, std::size_t size, Handle stream);
int cuMemcpyDtoHAsync_v2(void* to, DevicePointer from, std::size_t size, Handle stream);
int cuMemcpyDtoDAsync_v2(DevicePointer to, DevicePointer from, std::size_t size, Handle stream);
int cuMemcpy2D_v2(const void* copy);
int cuMemcpy2DAsync_v2(const void* copy, Handle stream);
int cuMemcpy3D_v2(const void* copy);
int cuMemcpy3DAsync_v2(const void* copy, Handle stream);
int cuMemsetD8_v2(DevicePointer to, unsigned char value, std::size_t count);
int cuMemsetD8Async(DevicePointer to, unsigned char value, std::size_t count, Handle stream);
int cuMemsetD2D8_v2(DevicePointer to, std::size_t pitch, unsigned char value, std::size_t width,
                    std::size_t height);
int cuMemsetD2D8Async(DevicePointer to, std::size_t pitch, unsigned char value, std::size_t width,
                      std::size_t height, Handle stream);
int cuStreamCreateWithPriority(Handle* stream, unsigned flags, int priority);
int cuStreamDestroy_v2(Handle stream);
int cuStreamSynchronize(Handle stream);
int cuStreamQuery(Handle stream);
int cuStreamGetPriority(Handle stream, int* priority);
int cuStreamGetFlags(Handle stream, unsigned* flags);
int cuStreamGetId(Handle stream, unsigned long long* id);
int cuStreamGetDevice(Handle stream, int* device);
int cuStreamWaitEvent(Handle stream, Handle event, unsigned flags);
int cuStreamAddCallback(Handle stream, void (*function)(Handle, int, void*), void* data,
                        unsigned flags);
int cuLaunchHostFunc(Handle stream, void (*function)(void*), void* data);
int cuEventCreate(Handle* event, unsigned flags);
int cuEventDestroy_v2(Handle event);
int cuEventRecord(Handle event, Handle stream);
int cuEventQuery(Handle event);
int cuEventSynchronize(Handle event);
int cuEventElapsedTime(float* milliseconds, Handle start, Handle end);
int cuLaunchKernelEx(const void* config, Handle function, void** arguments, void** extra);
int cuFuncGetAttribute(int* value, int attribute, Handle function);
int cuFuncSetAttribute(Handle function, int attribute, int value);
int cuFuncGetName(const char** name, Handle function);
int cuFuncGetParamInfo(Handle function, std::size_t index, std::size_t* offset, std::size_t* size);
int cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, Handle function, int threads,
                                                         std::size_t dynamicShared, unsigned flags);
int cuOccupancyAvailableDynamicSMemPerBlock(std::size_t* size, Handle function, int blocks,
                                            int threads);
int cuGetProcAddress_v2(const char* name, void** function, int version, std::uint64_t flags,
                        int* status);
}
