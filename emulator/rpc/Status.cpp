// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/rpc/Status.h"

#include <array>
#include <utility>

namespace emulator::rpc {
namespace {

constexpr std::array<std::pair<ErrorCode, grpc::StatusCode>, 12> pairs {{
    {ErrorCode::Invalid, grpc::StatusCode::INVALID_ARGUMENT},
    {ErrorCode::NotFound, grpc::StatusCode::NOT_FOUND},
    {ErrorCode::AlreadyExists, grpc::StatusCode::ALREADY_EXISTS},
    {ErrorCode::FailedPrecondition, grpc::StatusCode::FAILED_PRECONDITION},
    {ErrorCode::Denied, grpc::StatusCode::PERMISSION_DENIED},
    {ErrorCode::Unauthenticated, grpc::StatusCode::UNAUTHENTICATED},
    {ErrorCode::Unsupported, grpc::StatusCode::UNIMPLEMENTED},
    {ErrorCode::Unavailable, grpc::StatusCode::UNAVAILABLE},
    {ErrorCode::Cancelled, grpc::StatusCode::CANCELLED},
    {ErrorCode::Exhausted, grpc::StatusCode::RESOURCE_EXHAUSTED},
    {ErrorCode::Io, grpc::StatusCode::DATA_LOSS},
    {ErrorCode::Internal, grpc::StatusCode::INTERNAL},
}};

} // namespace

grpc::Status toStatus(const Error& error)
{
    for (const auto& [ours, theirs] : pairs)
        if (ours == error.code())
            return {theirs, error.message()};
    return {grpc::StatusCode::INTERNAL, error.message()};
}

Error toError(const grpc::Status& status)
{
    for (const auto& [ours, theirs] : pairs)
        if (theirs == status.error_code())
            return {ours, status.error_message()};
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)
        return {ErrorCode::Unavailable, "no answer in time"};
    return {ErrorCode::Internal, status.error_message()};
}

} // namespace emulator::rpc
