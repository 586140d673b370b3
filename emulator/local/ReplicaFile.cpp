// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/local/ReplicaFile.h"

#include "emulator/base/Files.h"
#include "emulator/base/Json.h"

namespace emulator::local {

std::filesystem::path ReplicaFile::pathOf(const std::filesystem::path& home,
                                          const std::string& replicaId)
{
    return home / "run" / "replicas" / (replicaId + ".json");
}

Result<ReplicaFile> ReplicaFile::read(const std::filesystem::path& path)
{
    TRY_ASSIGN(const auto text, readFile(path));
    auto json = parseJson(text);
    if (!json || !json->is_object())
        return Error(ErrorCode::Invalid, path.string() + " is damaged");
    ReplicaFile file;
    file.control = json->value("control", "");
    file.certificate = json->value("certificate", "");
    file.replicaId = json->value("replica_id", "");
    file.token = json->value("token", "");
    file.cache = json->value("cache", "");
    file.registry = json->value("registry", "");
    file.registryUser = json->value("registry_user", "");
    file.registryPassword = json->value("registry_password", "");
    file.registryCertificate = json->value("registry_certificate", "");
    file.layout = json->value("layout", "");
    file.emulatedGpu = json->value("emulated_gpu", false);
    return file;
}

Result<> ReplicaFile::write(const std::filesystem::path& path) const
{
    std::error_code failed;
    std::filesystem::create_directories(path.parent_path(), failed);
    if (failed)
        return errnoError("make folder " + path.parent_path().string(), failed.value());
    const Json json {{"control", control},
                     {"certificate", certificate},
                     {"replica_id", replicaId},
                     {"token", token},
                     {"cache", cache.string()},
                     {"registry", registry},
                     {"registry_user", registryUser},
                     {"registry_password", registryPassword},
                     {"registry_certificate", registryCertificate},
                     {"layout", layout.string()},
                     {"emulated_gpu", emulatedGpu}};
    return writeFileAtomically(path, json.dump(2) + "\n", 0600);
}

} // namespace emulator::local
