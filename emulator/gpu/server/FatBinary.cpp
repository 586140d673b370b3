// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/FatBinary.h"

#include "emulator/gpu/protocol/Image.h"
#include "emulator/gpu/server/Elf.h"
#include "emulator/gpu/server/Lz4.h"

#include <zstd.h>

#include <cstring>
#include <optional>

namespace emulator::gpu::server {
namespace {

using protocol::FatEntry;
using protocol::FatHeader;

constexpr std::uint64_t textLimit = 1U << 30U; ///< of one decompressed PTX

template<typename T>
std::optional<T> read(std::string_view from, std::uint64_t offset)
{
    if (offset > from.size() || sizeof(T) > from.size() - offset)
        return std::nullopt;
    T value;
    std::memcpy(&value, from.data() + offset, sizeof value);
    return value;
}

std::string withoutTrailingZeros(std::string_view text)
{
    while (!text.empty() && text.back() == '\0')
        text.remove_suffix(1);
    return std::string(text);
}

Result<std::string> decompressZstd(std::string_view packed, std::size_t size)
{
    std::string out(size, '\0');
    const auto got = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
    if (ZSTD_isError(got) != 0U)
        return Error(ErrorCode::Invalid, std::string("zstd: ") + ZSTD_getErrorName(got));
    out.resize(got);
    return out;
}

Result<std::string> payload(const FatEntry& entry, std::string_view data)
{
    const bool zstd = (entry.flags & protocol::fatZstd) != 0;
    const bool lz4 = (entry.flags & protocol::fatLz4) != 0;
    if (!zstd && !lz4)
        return withoutTrailingZeros(data);
    if (entry.plainSize == 0 || entry.plainSize > textLimit || entry.packedSize > data.size())
        return Error(ErrorCode::Invalid, "a compressed entry has an impossible size");
    const auto packed = data.substr(0, entry.packedSize);
    TRY_ASSIGN(const std::string text,
               zstd ? decompressZstd(packed, entry.plainSize)
                    : decompressLz4(packed, entry.plainSize));
    return withoutTrailingZeros(text);
}

/// What a fat binary holds besides the PTX that was chosen.
struct Found {
    std::optional<FatEntry> best;
    std::string_view bestData;
    std::string machineCode; ///< "sm_80, sm_90"
};

Result<std::uint64_t> readFatBinary(std::string_view image, Found& found)
{
    const Error damaged(ErrorCode::Invalid, "damaged fat binary");
    const auto header = read<FatHeader>(image, 0);
    if (!header || header->magic != protocol::fatMagic || header->headerSize < sizeof(FatHeader)
        || header->headerSize > image.size() || header->size > image.size() - header->headerSize)
        return damaged;
    const auto body = image.substr(header->headerSize, header->size);
    std::uint64_t at = 0;
    while (at < body.size()) {
        const auto entry = read<FatEntry>(body, at);
        if (!entry || entry->headerSize < sizeof(FatEntry) || entry->headerSize > body.size() - at
            || entry->size > body.size() - at - entry->headerSize)
            return damaged;
        if (entry->kind == protocol::fatPtx) {
            if (!found.best || entry->architecture > found.best->architecture) {
                found.best = entry;
                found.bestData = body.substr(at + entry->headerSize, entry->size);
            }
        } else if (entry->kind == protocol::fatElf) {
            found.machineCode += (found.machineCode.empty() ? "sm_" : ", sm_")
                + std::to_string(entry->architecture);
        }
        at += entry->headerSize + entry->size;
    }
    return header->headerSize + header->size;
}

Error noPtx(std::string_view name, const std::string& machineCode)
{
    return Error(ErrorCode::Unsupported,
                 std::string(name) + ": holds only machine code"
                     + (machineCode.empty() ? "" : " for " + machineCode)
                     + " and no PTX, which the emulated device needs. Rebuild with "
                       "NVCC_APPEND_FLAGS=\"-gencode arch=compute_75,code=compute_75\"");
}

Result<> addFatBinaries(std::string_view image, std::string_view name, ModuleImage& into)
{
    // A .nv_fatbin section holds several fat binaries, one after the other, aligned to 8.
    while (image.size() >= sizeof(FatHeader)) {
        Found found;
        TRY_ASSIGN(const std::uint64_t size, readFatBinary(image, found));
        if (found.best) {
            TRY_ASSIGN(auto text, payload(*found.best, found.bestData));
            into.texts.push_back({std::move(text), static_cast<int>(found.best->architecture)});
        } else if (!found.machineCode.empty()) {
            return noPtx(name, found.machineCode);
        }
        image.remove_prefix(size);
        while (!image.empty() && image.front() == '\0')
            image.remove_prefix(1);
    }
    return {};
}

Result<> addImage(std::string_view image, std::string_view name, ModuleImage& into);

Result<> addBundle(std::string_view image, std::string_view name, ModuleImage& into)
{
    const auto header = read<protocol::BundleHeader>(image, 0);
    std::uint64_t at = sizeof(protocol::BundleHeader);
    for (std::uint32_t i = 0; i < header->count; ++i) {
        const auto size = read<std::uint64_t>(image, at);
        at += sizeof(std::uint64_t);
        if (!size || *size > image.size() - at)
            return Error(ErrorCode::Invalid, "damaged bundle");
        const auto part = image.substr(at, *size);
        if (read<std::uint32_t>(part, 0) == protocol::bundleMagic)
            return Error(ErrorCode::Invalid, "a bundle inside a bundle");
        TRY(addImage(part, name, into));
        at += *size;
    }
    return {};
}

Result<> addElf(std::string_view image, std::string_view name, ModuleImage& into)
{
    TRY_ASSIGN(const ElfFile elf, readElf(image));
    for (const auto* wanted : {".nv_fatbin", "__nv_relfatbin"})
        if (const auto* section = elf.section(wanted); section != nullptr)
            TRY(addFatBinaries(section->content, name, into));
    if (into.texts.empty())
        return noPtx(name, {});
    return {};
}

Result<> addImage(std::string_view image, std::string_view name, ModuleImage& into)
{
    const auto first = read<std::uint32_t>(image, 0);
    if (first == protocol::bundleMagic && image.size() >= sizeof(protocol::BundleHeader))
        return addBundle(image, name, into);
    if (first == protocol::fatMagic)
        return addFatBinaries(image, name, into);
    if (image.starts_with("\x7f"
                          "ELF"))
        return addElf(image, name, into);
    into.texts.push_back({withoutTrailingZeros(image), 0});
    return {};
}

void append(std::string& out, const void* value, std::size_t size)
{
    out.append(static_cast<const char*>(value), size);
}

} // namespace

Result<ModuleImage> readImage(std::string_view image, std::string_view name)
{
    ModuleImage out;
    if (auto added = addImage(image, name, out); !added)
        return added.error().message().starts_with(name) ? std::move(added).error()
                                                         : std::move(added).error().within(name);
    if (out.texts.empty())
        return noPtx(name, {});
    return out;
}

std::string makeBundle(const std::vector<std::string_view>& images)
{
    const protocol::BundleHeader header {protocol::bundleMagic,
                                         static_cast<std::uint32_t>(images.size())};
    std::string out;
    append(out, &header, sizeof header);
    for (const auto image : images) {
        const std::uint64_t size = image.size();
        append(out, &size, sizeof size);
        out += image;
    }
    return out;
}

std::string makeFatBinary(std::string_view ptx, int architecture)
{
    std::string text(ptx);
    text.append(8 - text.size() % 8, '\0');
    FatEntry entry;
    entry.kind = protocol::fatPtx;
    entry.size = text.size();
    entry.architecture = static_cast<std::uint32_t>(architecture);
    entry.flags = protocol::fatPlain;
    FatHeader header;
    header.size = sizeof entry + text.size();
    std::string out;
    append(out, &header, sizeof header);
    append(out, &entry, sizeof entry);
    return out + text;
}

} // namespace emulator::gpu::server
