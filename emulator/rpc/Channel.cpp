// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/rpc/Channel.h"

#include <grpcpp/grpcpp.h>

namespace emulator::rpc {

std::shared_ptr<grpc::Channel> makeChannel(const Upstream& upstream)
{
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
    arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 64 << 10);
    arguments.SetMaxReceiveMessageSize(256 << 20);
    arguments.SetMaxSendMessageSize(256 << 20);
    // Channels of one process must not share a connection that another one has seen fail.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    if (!upstream.socket.empty())
        return grpc::CreateCustomChannel("unix:" + upstream.socket.string(),
                                         grpc::InsecureChannelCredentials(), arguments);
    // A machine that dies says nothing: both ends ask.
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 5000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    // Sites set proxies for the way out; nodes and login node are inside.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetSslTargetNameOverride(certificateName);
    return grpc::CreateCustomChannel(upstream.address,
                                     grpc::SslCredentials({.pem_root_certs = upstream.certificate}),
                                     arguments);
}

} // namespace emulator::rpc
