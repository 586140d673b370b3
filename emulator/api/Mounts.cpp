// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/base/Bytes.h"

#include <algorithm>
#include <cctype>

namespace emulator::api {
namespace {

bool isDigest(const std::string& text)
{
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
               return std::isxdigit(c) != 0;
           });
}

Result<> checkDigest(const std::string& digest)
{
    if (isDigest(digest))
        return {};
    return Error(ErrorCode::Invalid, "'" + digest + "' is not a SHA-256 in hexadecimal");
}

bool exists(const Desk& desk, const std::string& digest)
{
    std::error_code ignored;
    return std::filesystem::exists(desk.contentPath(digest), ignored);
}

Result<wire::MountBatchedCheckExistenceResponse>
checkExistence(const Desk& desk, const wire::MountBatchedCheckExistenceRequest& request)
{
    wire::MountBatchedCheckExistenceResponse response;
    for (const auto& digest : request.sha256_hex_hashes()) {
        TRY(checkDigest(digest));
        if (!exists(desk, digest))
            response.add_missing_sha256_hex_hashes(digest);
    }
    return response;
}

/// Without data it asks whether the file is there.
Result<wire::MountPutFileResponse> putFile(const Desk& desk,
                                           const wire::MountPutFileRequest& request)
{
    TRY(checkDigest(request.sha256_hex()));
    wire::MountPutFileResponse response;
    if (exists(desk, request.sha256_hex())
        || request.data_oneof_case() == wire::MountPutFileRequest::DATA_ONEOF_NOT_SET) {
        response.set_exists(exists(desk, request.sha256_hex()));
        return response;
    }
    std::string uploaded;
    const auto blob = desk.options.blobs.pathOf(request.data_blob_id());
    if (!request.data_blob_id().empty()) {
        TRY_ASSIGN(uploaded, readFile(blob));
    }
    const auto& data = request.data_blob_id().empty() ? request.data() : uploaded;
    if (sha256Hex(data) != request.sha256_hex())
        return Error(ErrorCode::Invalid,
                     "the file's content is not what its SHA-256 says: " + request.sha256_hex());
    const auto path = desk.contentPath(request.sha256_hex());
    std::error_code made;
    std::filesystem::create_directories(path.parent_path(), made);
    TRY(writeFileAtomically(path, data, 0644));
    if (!request.data_blob_id().empty())
        std::filesystem::remove(blob, made);
    response.set_exists(true);
    return response;
}

Result<wire::MountGetOrCreateResponse> getOrCreate(const Desk& desk, Exchange& exchange,
                                                   const wire::MountGetOrCreateRequest& request)
{
    const auto& name = request.deployment_name();
    if (!name.empty() && request.files().empty() && !name.starts_with("modal-client-mount-")) {
        const bool python = name.starts_with("python-build-standalone");
        return Error(ErrorCode::NotFound,
                     "the mount '" + name + "' is not served by this version of Slipway"
                         + (python ? ": add_python= needs it. Take a base image with a Python of "
                                     "its own, such as Image.debian_slim() or a python:… tag"
                                   : ""));
    }
    std::vector<model::MountFile> files;
    for (const auto& file : request.files()) {
        TRY(checkDigest(file.sha256_hex()));
        if (!exists(desk, file.sha256_hex()))
            return Error(ErrorCode::FailedPrecondition,
                         "the content of " + file.filename() + " has not been uploaded");
        files.push_back({file.filename(), file.sha256_hex(), file.size(),
                         file.mode() == 0 ? 0644U : file.mode() & 07777U});
    }
    // The stock client by its name: the worker lays the package itself into each container.
    const auto& mount = exchange.state().mounts.getOrCreate(std::move(files), name);
    wire::MountGetOrCreateResponse response;
    response.set_mount_id(mount.id);
    response.mutable_handle_metadata()->set_content_checksum_sha256_hex(sha256Hex(mount.files));
    return response;
}

} // namespace

void addMounts(Desk& desk)
{
    auto& methods = desk.methods;
    methods.unary<wire::MountBatchedCheckExistenceRequest>(
        "MountBatchedCheckExistence", Repeat::Harmless,
        [&desk](Exchange&, const auto& request) { return checkExistence(desk, request); });
    methods.unary<wire::MountPutFileRequest>(
        "MountPutFile", Repeat::Harmless,
        [&desk](Exchange&, const auto& request) { return putFile(desk, request); });
    methods.unary<wire::MountGetOrCreateRequest>("MountGetOrCreate", Repeat::Harmless,
                                                 [&desk](Exchange& exchange, const auto& request) {
                                                     return getOrCreate(desk, exchange, request);
                                                 });
}

} // namespace emulator::api
