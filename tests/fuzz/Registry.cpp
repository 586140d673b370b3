// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Whatever a registry sends, the readers of this room answer and do not crash, and a layer's tar
// changes nothing outside of its folder.

#include "emulator/base/Files.h"
#include "remote/registry/Challenge.h"
#include "remote/registry/LayerUnpacker.h"
#include "remote/registry/Manifest.h"
#include "remote/registry/Refusal.h"
#include "remote/registry/RegistryTarget.h"
#include "remote/registry/Url.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace remote::registry;

/// Mutations would end at the first wrong checksum, so each header gets its right one.
std::string withChecksums(std::string tar)
{
    for (std::size_t at = 0; at + tarBlock <= tar.size(); at += tarBlock) {
        if (tar.compare(at + 257, 5, "ustar") != 0)
            continue;
        unsigned sum = 0;
        for (std::size_t i = 0; i < tarBlock; ++i)
            sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(tar[at + i]);
        for (std::size_t digit = 6; digit-- > 0; sum >>= 3U)
            tar[at + 148 + digit] = static_cast<char>('0' + (sum & 7U));
        tar[at + 154] = '\0';
    }
    return tar;
}

void unpack(std::string_view tar)
{
    const auto outside = emulator::TempDir::create();
    const auto layer = outside->path() / "layer";
    std::filesystem::create_directory(layer);
    const auto unpacker
        = LayerUnpacker::create(layer, {.keepOwners = false, .mostBytes = 1U << 20U});
    TarReader reader(**unpacker);
    if (reader.feed(tar) && reader.finish())
        static_cast<void>((*unpacker)->finish());
    std::size_t beside = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(outside->path()))
        ++beside;
    if (beside != 1)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (text.size() >= tarBlock) {
        unpack(withChecksums(std::string(text)));
        return 0;
    }
    static_cast<void>(parseChallenges(text));
    static_cast<void>(parseManifest(text));
    static_cast<void>(parseDiffIds(text));
    static_cast<void>(parseIndex(text));
    static_cast<void>(parseRegistryTarget(text));
    static_cast<void>(parseByteRange(text, 1000));
    static_cast<void>(parseContentRange(text));
    static_cast<void>(parseUrl(text));
    HttpResponse response;
    response.status = 400;
    response.body = text;
    static_cast<void>(refusalOf(response, "registry"));
    return 0;
}
