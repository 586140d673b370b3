// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"

namespace emulator::api {
namespace {

constexpr std::int64_t largest = 1LL << 33;

/// How the caller reaches the blob server; empty: as this machine does.
std::string baseFor(const Desk& desk, const Exchange& exchange)
{
    return exchange.caller().replicaId.empty() ? exchange.httpBase() : desk.options.replicaBlobUrl;
}

/// Two independent oneofs, both filled: the Python client reads the plural one, those in Go and
/// JavaScript the singular one.
Result<wire::BlobCreateResponse> create(const Desk& desk, Exchange& exchange,
                                        const wire::BlobCreateRequest& request)
{
    if (request.content_length() > largest)
        return Error(ErrorCode::Invalid, "a blob holds at most 8 GiB");
    const auto id = exchange.state().context.ids.next("bl");
    const auto url = desk.options.blobs.uploadUrl(id, baseFor(desk, exchange));
    wire::BlobCreateResponse response;
    response.set_blob_id(id);
    response.set_upload_url(url);
    response.add_blob_ids(id);
    response.mutable_upload_urls()->add_items(url);
    return response;
}

Result<wire::BlobGetResponse> get(const Desk& desk, const Exchange& exchange,
                                  const wire::BlobGetRequest& request)
{
    std::error_code ignored;
    if (!std::filesystem::exists(desk.options.blobs.pathOf(request.blob_id()), ignored))
        return Error(ErrorCode::NotFound, "there is no blob " + request.blob_id());
    wire::BlobGetResponse response;
    response.set_download_url(
        desk.options.blobs.downloadUrl(request.blob_id(), baseFor(desk, exchange)));
    return response;
}

} // namespace

void addBlobs(Desk& desk)
{
    desk.methods.unary<wire::BlobCreateRequest>("BlobCreate", Repeat::Harmless,
                                                [&desk](Exchange& exchange, const auto& request) {
                                                    return create(desk, exchange, request);
                                                });
    desk.methods.unary<wire::BlobGetRequest>(
        "BlobGet", Repeat::Harmless,
        [&desk](Exchange& exchange, const auto& request) { return get(desk, exchange, request); });
}

} // namespace emulator::api
