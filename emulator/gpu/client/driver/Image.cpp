// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/driver/Image.h"

#include "emulator/gpu/protocol/Image.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace emulator::gpu::client {
namespace {

std::string fatOctets(const void* image)
{
    protocol::FatHeader header;
    std::memcpy(&header, image, sizeof header);
    return {static_cast<const char*>(image), header.headerSize + header.size};
}

/// An ELF file in memory ends with its last section or header table.
std::string elfOctets(const char* image)
{
    Elf64_Ehdr header;
    std::memcpy(&header, image, sizeof header);
    std::uint64_t end
        = std::max(header.e_shoff + std::uint64_t {header.e_shnum} * header.e_shentsize,
                   header.e_phoff + std::uint64_t {header.e_phnum} * header.e_phentsize);
    for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
        Elf64_Shdr section;
        std::memcpy(&section, image + header.e_shoff + i * header.e_shentsize, sizeof section);
        if (section.sh_type != SHT_NOBITS)
            end = std::max(end, section.sh_offset + section.sh_size);
    }
    return {image, end};
}

/// What cuLinkComplete gave: walks over its parts to find its end.
std::string ownBundleOctets(const char* image)
{
    protocol::BundleHeader header;
    std::memcpy(&header, image, sizeof header);
    std::uint64_t end = sizeof header;
    for (std::uint32_t i = 0; i < header.count; ++i) {
        std::uint64_t size = 0;
        std::memcpy(&size, image + end, sizeof size);
        end += sizeof size + size;
    }
    return {image, end};
}

std::string bundleOctets(const void* const* list)
{
    std::vector<std::string> images;
    for (; *list != nullptr; ++list)
        images.push_back(imageOctets(*list));
    const protocol::BundleHeader header {protocol::bundleMagic,
                                         static_cast<std::uint32_t>(images.size())};
    std::string out(reinterpret_cast<const char*>(&header), sizeof header);
    for (const auto& image : images) {
        const std::uint64_t size = image.size();
        out.append(reinterpret_cast<const char*>(&size), sizeof size);
        out += image;
    }
    return out;
}

} // namespace

std::string imageOctets(const void* image)
{
    std::uint32_t first = 0;
    std::memcpy(&first, image, sizeof first);
    if (first == protocol::wrapperMagic) {
        protocol::FatWrapper wrapper;
        std::memcpy(&wrapper, image, sizeof wrapper);
        if (wrapper.version == 2 && wrapper.list != nullptr && *wrapper.list != nullptr)
            return bundleOctets(wrapper.list);
        return imageOctets(wrapper.data);
    }
    if (first == protocol::fatMagic)
        return fatOctets(image);
    if (first == protocol::bundleMagic)
        return ownBundleOctets(static_cast<const char*>(image));
    if (std::memcmp(image, ELFMAG, SELFMAG) == 0)
        return elfOctets(static_cast<const char*>(image));
    return static_cast<const char*>(image); // PTX text
}

} // namespace emulator::gpu::client
