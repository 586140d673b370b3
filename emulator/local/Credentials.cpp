// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/local/Credentials.h"

#include "emulator/base/Files.h"
#include "emulator/base/Id.h"
#include "emulator/base/Json.h"

namespace emulator::local {
namespace {

std::filesystem::path fileOf(const std::filesystem::path& home)
{
    return home / "credentials.json";
}

} // namespace

Result<Credentials> Credentials::load(const std::filesystem::path& home)
{
    auto text = readFile(fileOf(home));
    if (!text && text.error().code() == ErrorCode::NotFound)
        return Credentials {"ak-" + randomHex(11), "as-" + randomHex(11), randomHex(32)};
    if (!text)
        return std::move(text).error();
    auto json = parseJson(*text);
    if (!json || !json->is_object())
        return Error(ErrorCode::Invalid,
                     fileOf(home).string() + " is damaged; remove it and new credentials are made");
    return Credentials {json->value("token_id", ""), json->value("token_secret", ""),
                        json->value("blob_key", ""), json->value("port", 0),
                        json->value("blob_port", 0)};
}

Result<> Credentials::save(const std::filesystem::path& home) const
{
    const Json json {{"server_url", serverUrl()},   {"token_id", tokenId},
                     {"token_secret", tokenSecret}, {"port", port},
                     {"blob_key", blobKey},         {"blob_port", blobPort}};
    return writeFileAtomically(fileOf(home), json.dump(2) + "\n", 0600);
}

} // namespace emulator::local
