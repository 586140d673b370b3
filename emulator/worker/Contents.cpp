// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/worker/Contents.h"

#include "emulator/image/BlobStore.h"

namespace emulator::worker {

Result<> bringContents(rpc::WorkerLink& link, const image::Store& store,
                       const std::vector<model::MountFile>& files, std::stop_token stop)
{
    const image::BlobStore blobs(store);
    for (const auto& file : files) {
        if (blobs.has(file.sha256))
            continue;
        std::string content;
        content.reserve(file.size);
        const auto fetched = link.fetchContent(
            file.sha256,
            [&](std::string_view piece) -> Result<> {
                content += piece;
                return {};
            },
            stop);
        if (!fetched)
            return Error(fetched.error()).within("fetch " + file.filename);
        TRY(blobs.put(content, file.sha256));
    }
    return {};
}

} // namespace emulator::worker
