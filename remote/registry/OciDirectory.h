// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Registry.h"

#include <filesystem>
#include <memory>

namespace remote::registry {

/// An image layout in a folder (OCI image-spec, image-layout.md), made when missing: a registry on
/// a shared file system. Blobs appear by rename after fsync and a check of their digest; index.json
/// changes under a lock, so any number of processes and hosts may push.
[[nodiscard]] Result<std::unique_ptr<Registry>> createOciDirectory(std::filesystem::path folder);

} // namespace remote::registry
