// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Streams and events.

#include "emulator/gpu/client/runtime/Runtime.h"

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

SLIPWAY_EXPORT Result cudaStreamCreateWithPriority(Handle* stream, unsigned flags, int priority)
{
    USE_DEVICE_OR_RETURN
    return note(cuStreamCreateWithPriority(stream, flags, priority));
}
SLIPWAY_EXPORT Result cudaStreamCreateWithFlags(Handle* stream, unsigned flags)
{
    return cudaStreamCreateWithPriority(stream, flags, 0);
}
SLIPWAY_EXPORT Result cudaStreamCreate(Handle* stream)
{
    return cudaStreamCreateWithPriority(stream, 0, 0);
}
SLIPWAY_EXPORT Result cudaStreamDestroy(Handle stream)
{
    USE_DEVICE_OR_RETURN
    return note(cuStreamDestroy_v2(stream));
}
SLIPWAY_EXPORT Result cudaStreamSynchronize(Handle stream)
{
    USE_DEVICE_OR_RETURN
    return note(cuStreamSynchronize(stream));
}
SLIPWAY_EXPORT Result cudaStreamQuery(Handle stream)
{
    USE_DEVICE_OR_RETURN
    return note(cuStreamQuery(stream));
}
SLIPWAY_EXPORT Result cudaStreamGetPriority(Handle stream, int* priority)
{
    USE_DEVICE_OR_RETURN
    return note(cuStreamGetPriority(stream, priority));
}
SLIPWAY_EXPORT Result cudaStreamGetFlags(Handle stream, unsigned* flags)
{
    USE_DEVICE_OR_RETURN
    return note(cuStreamGetFlags(stream, flags));
}
SLIPWAY_EXPORT Result cudaStreamGetId(Handle stream, unsigned long long* id)
{
    USE_DEVICE_OR_RETURN
    return note(cuStreamGetId(stream, id));
}
SLIPWAY_EXPORT Result cudaStreamGetDevice(Handle stream, int* device)
{
    USE_DEVICE_OR_RETURN
    return note(cuStreamGetDevice(stream, device));
}
SLIPWAY_EXPORT Result cudaStreamWaitEvent(Handle stream, Handle event, unsigned flags)
{
    USE_DEVICE_OR_RETURN
    return note(cuStreamWaitEvent(stream, event, flags));
}
SLIPWAY_EXPORT Result cudaStreamAddCallback(Handle stream, void (*function)(Handle, int, void*),
                                            void* data, unsigned flags)
{
    USE_DEVICE_OR_RETURN
    return note(cuStreamAddCallback(stream, function, data, flags));
}
SLIPWAY_EXPORT Result cudaLaunchHostFunc(Handle stream, void (*function)(void*), void* data)
{
    USE_DEVICE_OR_RETURN
    return note(cuLaunchHostFunc(stream, function, data));
}
SLIPWAY_EXPORT Result cudaStreamIsCapturing(Handle, int* status)
{
    if (status == nullptr)
        return note(protocol::InvalidValue);
    *status = 0; // graphs are not supported
    return 0;
}
SLIPWAY_EXPORT Result cudaStreamGetCaptureInfo(Handle stream, int* status, unsigned long long*)
{
    return cudaStreamIsCapturing(stream, status);
}
SLIPWAY_EXPORT Result cudaStreamGetCaptureInfo_v2(Handle stream, int* status, unsigned long long*,
                                                  Handle*, const Handle**, std::size_t*)
{
    return cudaStreamIsCapturing(stream, status);
}
SLIPWAY_EXPORT Result cudaThreadExchangeStreamCaptureMode(int* mode)
{
    if (mode != nullptr)
        *mode = 0;
    return 0;
}
SLIPWAY_EXPORT Result cudaStreamSetAttribute(Handle, int, const void*)
{
    return 0;
}
SLIPWAY_EXPORT Result cudaStreamCopyAttributes(Handle, Handle)
{
    return 0;
}

SLIPWAY_EXPORT Result cudaEventCreateWithFlags(Handle* event, unsigned flags)
{
    USE_DEVICE_OR_RETURN
    return note(cuEventCreate(event, flags));
}
SLIPWAY_EXPORT Result cudaEventCreate(Handle* event)
{
    return cudaEventCreateWithFlags(event, 0);
}
SLIPWAY_EXPORT Result cudaEventDestroy(Handle event)
{
    USE_DEVICE_OR_RETURN
    return note(cuEventDestroy_v2(event));
}
SLIPWAY_EXPORT Result cudaEventRecord(Handle event, Handle stream)
{
    USE_DEVICE_OR_RETURN
    return note(cuEventRecord(event, stream));
}
SLIPWAY_EXPORT Result cudaEventRecordWithFlags(Handle event, Handle stream, unsigned)
{
    return cudaEventRecord(event, stream);
}
SLIPWAY_EXPORT Result cudaEventQuery(Handle event)
{
    USE_DEVICE_OR_RETURN
    return note(cuEventQuery(event));
}
SLIPWAY_EXPORT Result cudaEventSynchronize(Handle event)
{
    USE_DEVICE_OR_RETURN
    return note(cuEventSynchronize(event));
}
SLIPWAY_EXPORT Result cudaEventElapsedTime(float* milliseconds, Handle start, Handle end)
{
    USE_DEVICE_OR_RETURN
    return note(cuEventElapsedTime(milliseconds, start, end));
}
SLIPWAY_EXPORT Result cudaEventElapsedTime_v2(float* milliseconds, Handle start, Handle end)
{
    return cudaEventElapsedTime(milliseconds, start, end);
}
