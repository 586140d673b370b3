// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/Elf.h"

#include "emulator/base/Files.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace emulator::gpu::server {
namespace {

std::optional<std::string_view> part(std::string_view file, std::uint64_t offset,
                                     std::uint64_t size)
{
    if (offset > file.size() || size > file.size() - offset)
        return std::nullopt;
    return file.substr(offset, size);
}

template<typename T>
std::optional<T> read(std::string_view file, std::uint64_t offset)
{
    const auto octets = part(file, offset, sizeof(T));
    if (!octets)
        return std::nullopt;
    T value;
    std::memcpy(&value, octets->data(), sizeof value);
    return value;
}

std::string nameAt(std::string_view strings, std::uint64_t offset)
{
    if (offset >= strings.size())
        return {};
    const auto rest = strings.substr(offset);
    return std::string(rest.substr(0, rest.find('\0')));
}

std::vector<std::string> neededBy(const std::vector<Elf64_Shdr>& headers, std::string_view file)
{
    std::vector<std::string> needed;
    for (const auto& header : headers) {
        if (header.sh_type != SHT_DYNAMIC || header.sh_link >= headers.size())
            continue;
        const auto& link = headers[header.sh_link];
        const auto strings = part(file, link.sh_offset, link.sh_size);
        const auto entries = part(file, header.sh_offset, header.sh_size);
        if (!strings || !entries)
            continue;
        for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= entries->size();
             at += sizeof(Elf64_Dyn))
            if (const auto entry = read<Elf64_Dyn>(*entries, at); entry->d_tag == DT_NEEDED)
                needed.push_back(nameAt(*strings, entry->d_un.d_val));
    }
    return needed;
}

} // namespace

const ElfSection* ElfFile::section(std::string_view name) const
{
    const auto found = std::ranges::find(sections, name, &ElfSection::name);
    return found == sections.end() ? nullptr : &*found;
}

Result<ElfFile> readElf(std::string_view file)
{
    const Error damaged(ErrorCode::Invalid, "damaged ELF file");
    const auto header = read<Elf64_Ehdr>(file, 0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return Error(ErrorCode::Invalid, "not an ELF file");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
        return Error(ErrorCode::Invalid, "not a 64-bit little-endian ELF file");
    std::vector<Elf64_Shdr> headers;
    for (std::uint64_t i = 0; i < header->e_shnum; ++i) {
        if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shoff > file.size())
            return damaged;
        const auto section = read<Elf64_Shdr>(file, header->e_shoff + i * sizeof(Elf64_Shdr));
        if (!section)
            return damaged;
        headers.push_back(*section);
    }
    ElfFile out;
    out.machine = header->e_machine;
    std::string_view names;
    if (header->e_shstrndx < headers.size()) {
        const auto& strings = headers[header->e_shstrndx];
        names = part(file, strings.sh_offset, strings.sh_size).value_or("");
    }
    for (const auto& section : headers) {
        ElfSection made {nameAt(names, section.sh_name), section.sh_type, {}};
        if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL) {
            const auto content = part(file, section.sh_offset, section.sh_size);
            if (!content)
                return damaged;
            made.content = *content;
        }
        out.dynamic = out.dynamic || section.sh_type == SHT_DYNAMIC;
        out.sections.push_back(std::move(made));
    }
    out.needed = neededBy(headers, file);
    return out;
}

Result<> checkProgram(const std::string& path)
{
    TRY_ASSIGN(const std::string file, readFile(path));
    if (!file.starts_with("\x7f"
                          "ELF"))
        return {};
    auto elf = readElf(file);
    if (!elf)
        return std::move(elf).error().within(path);
    const bool kernels = elf->section(".nv_fatbin") != nullptr;
    const bool shared = std::ranges::any_of(
        elf->needed, [](const std::string& name) { return name.starts_with("libcudart.so"); });
    // A library or program without the runtime's own strings uses the driver API on its kernels.
    const bool linkedIn = file.find("cudaErrorSoftwareValidityNotEstablished") != std::string::npos
        || file.find("libcudart_static") != std::string::npos
        || file.find("cudaGetErrorString") != std::string::npos
        || file.find("CUDA driver version is insufficient for CUDA runtime version")
            != std::string::npos;
    if (!kernels || shared || !linkedIn)
        return {};
    return Error(ErrorCode::Unsupported,
                 path
                     + ": has NVIDIA's CUDA runtime linked in (static cudart), which works with "
                       "NVIDIA's own driver only. Rebuild it with the shared runtime: "
                       "NVCC_APPEND_FLAGS=\"-cudart shared\" (nvcc), "
                       "-DCMAKE_CUDA_RUNTIME_LIBRARY=Shared (CMake)");
}

} // namespace emulator::gpu::server
