// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/Api.h"
#include "emulator/gpu/client/driver/Errors.h"
#include "emulator/gpu/protocol/Codes.h"

using namespace emulator::gpu::client;
namespace protocol = emulator::gpu::protocol;

SLIPWAY_EXPORT Result cuGetErrorName(Result error, const char** name)
{
    const ErrorText* text = errorText(error);
    if (name == nullptr)
        return protocol::InvalidValue;
    *name = text == nullptr ? nullptr : text->driverName;
    return *name == nullptr ? Result {protocol::InvalidValue} : 0;
}

SLIPWAY_EXPORT Result cuGetErrorString(Result error, const char** string)
{
    const ErrorText* text = errorText(error);
    if (string == nullptr)
        return protocol::InvalidValue;
    *string = text == nullptr || text->driverName == nullptr ? nullptr : text->text;
    return *string == nullptr ? Result {protocol::InvalidValue} : 0;
}
