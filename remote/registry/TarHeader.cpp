// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Tar.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace remote::registry {
namespace {

constexpr std::uint64_t octalLimit(unsigned digits)
{
    return std::uint64_t {1} << (3 * digits);
}

/// Places of the fields (POSIX.1-2017, pax, "ustar Header Block").
struct Field {
    std::size_t offset;
    std::size_t size;
};
constexpr Field nameField {0, 100};
constexpr Field modeField {100, 8};
constexpr Field userField {108, 8};
constexpr Field groupField {116, 8};
constexpr Field sizeField {124, 12};
constexpr Field timeField {136, 12};
constexpr Field sumField {148, 8};
constexpr std::size_t typeOffset = 156;
constexpr Field targetField {157, 100};
constexpr std::size_t magicOffset = 257;

using Block = std::array<char, tarBlock>;

void putText(Block& block, Field field, std::string_view text)
{
    std::copy_n(text.begin(), std::min(text.size(), field.size),
                block.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

void putOctal(Block& block, Field field, std::uint64_t value)
{
    for (std::size_t at = field.size - 1; at-- > 0; value >>= 3U)
        block[field.offset + at] = static_cast<char>('0' + (value & 7U));
}

char typeOf(TarKind kind)
{
    switch (kind) {
    case TarKind::HardLink:
        return '1';
    case TarKind::SymbolicLink:
        return '2';
    case TarKind::Device:
        return '3';
    case TarKind::Folder:
        return '5';
    case TarKind::Fifo:
        return '6';
    case TarKind::File:
        break;
    }
    return '0';
}

/// "LENGTH KEY=VALUE\n", where the length counts its own digits.
void addRecord(std::string& records, std::string_view key, std::string_view value)
{
    const auto rest = key.size() + value.size() + 3;
    auto length = rest + std::to_string(rest).size();
    if (std::to_string(length).size() + rest != length)
        length = rest + std::to_string(length).size();
    records.append(std::to_string(length)).append(" ").append(key);
    records.append("=").append(value).append("\n");
}

std::string timeText(const TarEntry& entry)
{
    auto seconds = entry.seconds;
    auto nanoseconds = entry.nanoseconds;
    std::string text;
    if (seconds < 0) {
        text = "-";
        seconds = nanoseconds == 0 ? -seconds : -(seconds + 1);
        nanoseconds = nanoseconds == 0 ? 0 : 1'000'000'000U - nanoseconds;
    }
    text += std::to_string(seconds);
    if (nanoseconds == 0)
        return text;
    auto part = std::to_string(nanoseconds);
    part.insert(0, 9 - part.size(), '0');
    part.erase(part.find_last_not_of('0') + 1);
    return text + "." + part;
}

std::string paxRecordsOf(const TarEntry& entry)
{
    std::string records;
    if (entry.path.size() > nameField.size)
        addRecord(records, "path", entry.path);
    if (entry.target.size() > targetField.size)
        addRecord(records, "linkpath", entry.target);
    if (entry.size >= octalLimit(11))
        addRecord(records, "size", std::to_string(entry.size));
    if (entry.user >= octalLimit(7))
        addRecord(records, "uid", std::to_string(entry.user));
    if (entry.group >= octalLimit(7))
        addRecord(records, "gid", std::to_string(entry.group));
    if (entry.nanoseconds != 0 || entry.seconds < 0
        || static_cast<std::uint64_t>(entry.seconds) >= octalLimit(11))
        addRecord(records, "mtime", timeText(entry));
    for (const auto& [name, value] : entry.attributes)
        addRecord(records, "SCHILY.xattr." + name, value);
    return records;
}

std::string headerBlock(const TarEntry& entry, char type)
{
    Block block {};
    putText(block, nameField, entry.path);
    putOctal(block, modeField, entry.mode & 07777U);
    putOctal(block, userField, entry.user < octalLimit(7) ? entry.user : 0);
    putOctal(block, groupField, entry.group < octalLimit(7) ? entry.group : 0);
    putOctal(block, sizeField, entry.size < octalLimit(11) ? entry.size : 0);
    const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(entry.seconds, 0));
    putOctal(block, timeField, seconds < octalLimit(11) ? seconds : 0);
    block[typeOffset] = type;
    putText(block, targetField, entry.target);
    putText(block, {magicOffset, 8}, {"ustar\00000", 8});
    putText(block, sumField, "        ");
    unsigned sum = 0;
    for (const char c : block)
        sum += static_cast<unsigned char>(c);
    putOctal(block, {sumField.offset, 7}, sum);
    block[sumField.offset + 6] = '\0';
    return {block.data(), block.size()};
}

} // namespace

std::string tarHeader(const TarEntry& entry)
{
    const auto records = paxRecordsOf(entry);
    std::string header;
    if (!records.empty()) {
        TarEntry pax;
        pax.path = "PaxHeader";
        pax.mode = 0644;
        pax.size = records.size();
        header = headerBlock(pax, 'x') + records;
        header.append(tarPadding(records.size()), '\0');
    }
    return header + headerBlock(entry, typeOf(entry.kind));
}

} // namespace remote::registry
