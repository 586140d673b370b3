// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Tar.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace remote::registry {
namespace {

/// A pax header or a long name; no file system has names that would need more.
constexpr std::uint64_t mostExtensionBytes = 1U << 20U;
/// No file is larger than 2^60 bytes, so sums with padding never overflow.
constexpr std::uint64_t mostDataBytes = std::uint64_t {1} << 60U;

Error broken(const std::string& what)
{
    return {ErrorCode::Invalid, "the archive is damaged: " + what};
}

std::string_view textAt(std::string_view block, std::size_t offset, std::size_t size)
{
    const auto field = block.substr(offset, size);
    return field.substr(0, field.find('\0'));
}

/// Octal digits between spaces and zeros, or (GNU) a big-endian binary number whose first bit is
/// set. Nothing for anything else, a negative number included.
std::optional<std::uint64_t> numberAt(std::string_view block, std::size_t offset, std::size_t size)
{
    auto field = block.substr(offset, size);
    std::uint64_t value = 0;
    if (static_cast<unsigned char>(field.front()) == 0x80U) {
        for (const char c : field.substr(1)) {
            if (value >> 56U != 0)
                return std::nullopt;
            value = value << 8U | static_cast<unsigned char>(c);
        }
        return value;
    }
    while (!field.empty() && field.front() == ' ')
        field.remove_prefix(1);
    field = field.substr(0, field.find_first_of(std::string_view("\0 ", 2)));
    for (const char c : field) {
        if (c < '0' || c > '7' || value >> 60U != 0)
            return std::nullopt;
        value = value << 3U | static_cast<unsigned>(c - '0');
    }
    return value;
}

std::optional<std::uint64_t> decimal(std::string_view text)
{
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || parsed != end)
        return std::nullopt;
    return value;
}

/// "-12.5" into seconds and the nanoseconds after them.
bool parseTime(std::string_view text, TarEntry& entry)
{
    const bool negative = text.starts_with('-');
    text.remove_prefix(negative ? 1 : 0);
    const auto dot = text.find('.');
    const auto whole = decimal(text.substr(0, dot));
    if (!whole || *whole > std::uint64_t {1} << 40U)
        return false;
    std::string part(dot == std::string_view::npos ? "" : text.substr(dot + 1));
    part.resize(9, '0');
    const auto nanoseconds = decimal(part);
    if (!nanoseconds)
        return false;
    entry.seconds = static_cast<std::int64_t>(*whole);
    entry.nanoseconds = static_cast<std::uint32_t>(*nanoseconds);
    if (negative) {
        entry.seconds = -entry.seconds - (entry.nanoseconds == 0 ? 0 : 1);
        entry.nanoseconds = entry.nanoseconds == 0 ? 0 : 1'000'000'000U - entry.nanoseconds;
    }
    return true;
}

bool sumIsRight(std::string_view block)
{
    const auto stated = numberAt(block, 148, 8);
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < tarBlock; ++at)
        sum += at >= 148 && at < 156 ? ' ' : static_cast<unsigned char>(block[at]);
    return stated && *stated == sum;
}

std::optional<TarKind> kindOf(char type)
{
    switch (type) {
    case '0':
    case '\0':
    case '7':
        return TarKind::File;
    case '1':
        return TarKind::HardLink;
    case '2':
        return TarKind::SymbolicLink;
    case '3':
    case '4':
        return TarKind::Device;
    case '5':
        return TarKind::Folder;
    case '6':
        return TarKind::Fifo;
    default:
        return std::nullopt;
    }
}

std::string quoted(char type)
{
    return type > ' ' && type < 127 ? std::string("\"") + type + "\""
                                    : std::to_string(static_cast<unsigned char>(type));
}

} // namespace

Result<> TarReader::feed(std::string_view bytes)
{
    while (!bytes.empty()) {
        switch (m_state) {
        case State::Header:
            TRY(consumeHeader(bytes));
            break;
        case State::Data:
            TRY(consumeData(bytes));
            break;
        case State::Extension:
            TRY(consumeExtension(bytes));
            break;
        case State::Padding:
        case State::ExtensionPadding: {
            const auto size = std::min<std::uint64_t>(m_left, bytes.size());
            bytes.remove_prefix(size);
            m_left -= size;
            if (m_left == 0)
                m_state = State::Header;
            break;
        }
        case State::End:
            if (bytes.find_first_not_of('\0') != std::string_view::npos)
                return broken("something follows its end");
            return {};
        }
    }
    return {};
}

Result<> TarReader::finish() const
{
    // One zero block is how some writers end; two is the rule.
    if (m_state == State::End || (m_state == State::Header && m_zeroBlocks == 1 && m_block.empty()))
        return {};
    return broken("it ends too early");
}

Result<> TarReader::consumeHeader(std::string_view& bytes)
{
    if (m_block.empty() && bytes.size() >= tarBlock) {
        const auto block = bytes.substr(0, tarBlock);
        bytes.remove_prefix(tarBlock);
        return header(block);
    }
    const auto size = std::min(tarBlock - m_block.size(), bytes.size());
    m_block.append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    if (m_block.size() < tarBlock)
        return {};
    const auto block = std::exchange(m_block, {});
    return header(block);
}

Result<> TarReader::consumeData(std::string_view& bytes)
{
    const auto size = std::min<std::uint64_t>(m_left, bytes.size());
    TRY(m_handler.data(bytes.substr(0, size)));
    bytes.remove_prefix(size);
    m_left -= size;
    if (m_left != 0)
        return {};
    TRY(m_handler.end());
    m_left = m_padding;
    m_state = m_padding == 0 ? State::Header : State::Padding;
    return {};
}

Result<> TarReader::consumeExtension(std::string_view& bytes)
{
    const auto size = std::min<std::uint64_t>(m_left, bytes.size());
    m_extension.append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    m_left -= size;
    if (m_left != 0)
        return {};
    m_left = m_padding;
    m_state = m_padding == 0 ? State::Header : State::ExtensionPadding;
    return extensionDone();
}

Result<> TarReader::header(std::string_view block)
{
    if (block.find_first_not_of('\0') == std::string_view::npos) {
        if (!m_pax.empty())
            return broken("a pax header describes nothing");
        m_state = ++m_zeroBlocks == 2 ? State::End : State::Header;
        return {};
    }
    if (m_zeroBlocks != 0)
        return broken("something follows its end");
    if (!sumIsRight(block))
        return broken("the checksum of a header is wrong");
    const char type = block[156];
    const auto size = numberAt(block, 124, 12);
    if (!size || *size > mostDataBytes)
        return broken("a size is not a number");
    if (type == 'x' || type == 'g' || type == 'L' || type == 'K')
        return extensionHeader(type, *size);
    return memberHeader(block, type);
}

Result<> TarReader::extensionHeader(char type, std::uint64_t size)
{
    if (size > mostExtensionBytes)
        return broken("a header of " + std::to_string(size) + " bytes");
    m_extensionType = type;
    m_extension.clear();
    m_left = size;
    m_padding = tarPadding(size);
    m_state = State::Extension;
    return size == 0 ? broken("an empty extended header") : Result<>();
}

Result<> TarReader::extensionDone()
{
    if (m_extensionType == 'x')
        return paxRecords(m_extension);
    if (m_extensionType == 'g') {
        // What holds for all members is a comment in practice; anything else would have to be
        // remembered.
        auto kept = std::exchange(m_pax, {});
        TRY(paxRecords(m_extension));
        const bool onlyComment = m_pax.empty() || (m_pax.size() == 1 && m_pax.contains("comment"));
        m_pax = std::move(kept);
        return onlyComment ? Result<>() : broken("global pax headers are not supported");
    }
    const auto name = textAt(m_extension, 0, m_extension.size());
    m_pax[m_extensionType == 'L' ? "path" : "linkpath"] = name;
    return {};
}

Result<> TarReader::paxRecords(std::string_view records)
{
    while (!records.empty()) {
        const auto space = records.find(' ');
        const auto length
            = space == std::string_view::npos ? std::nullopt : decimal(records.substr(0, space));
        if (!length || *length > records.size() || *length < space + 3
            || records[*length - 1] != '\n')
            return broken("a pax record has a wrong length");
        const auto record = records.substr(space + 1, *length - space - 2);
        const auto equals = record.find('=');
        if (equals == std::string_view::npos || equals == 0)
            return broken("a pax record has no key");
        m_pax[std::string(record.substr(0, equals))] = record.substr(equals + 1);
        records.remove_prefix(*length);
    }
    return {};
}

Result<> TarReader::overlayPax(TarEntry& entry)
{
    constexpr std::string_view attributePrefix = "SCHILY.xattr.";
    for (auto& [key, value] : std::exchange(m_pax, {})) {
        bool good = true;
        const auto number = [&](std::uint64_t& target) {
            const auto parsed = decimal(value);
            good = parsed.has_value();
            target = parsed.value_or(0);
        };
        if (key == "path")
            entry.path = value;
        else if (key == "linkpath")
            entry.target = value;
        else if (key == "size")
            number(entry.size);
        else if (key == "uid")
            number(entry.user);
        else if (key == "gid")
            number(entry.group);
        else if (key == "mtime")
            good = parseTime(value, entry);
        else if (key.starts_with(attributePrefix))
            entry.attributes[key.substr(attributePrefix.size())] = value;
        else if (key.starts_with("GNU.sparse"))
            return Error(ErrorCode::Unsupported,
                         "the archive has sparse files, which are not supported; write it with "
                         "tar without --sparse");
        if (!good)
            return broken("the pax record " + key + " is not a number");
    }
    return {};
}

Result<> TarReader::memberHeader(std::string_view block, char type)
{
    const auto kind = kindOf(type);
    if (!kind)
        return Error(ErrorCode::Unsupported,
                     "the archive has a member of type " + quoted(type)
                         + ", which is not supported");
    TarEntry entry;
    entry.kind = *kind;
    entry.path = textAt(block, 0, 100);
    const bool posix = block.substr(257, 6) == std::string_view("ustar\0", 6);
    if (const auto prefix = textAt(block, 345, 155); posix && !prefix.empty())
        entry.path = std::string(prefix) + "/" + entry.path;
    entry.target = textAt(block, 157, 100);
    const auto mode = numberAt(block, 100, 8);
    const auto user = numberAt(block, 108, 8);
    const auto group = numberAt(block, 116, 8);
    const auto time = numberAt(block, 136, 12);
    if (!mode || !user || !group || !time || *time > std::uint64_t {1} << 40U)
        return broken("a header has a field that is not a number");
    entry.mode = static_cast<std::uint32_t>(*mode & 07777U);
    entry.user = *user;
    entry.group = *group;
    entry.seconds = static_cast<std::int64_t>(*time);
    entry.size = numberAt(block, 124, 12).value_or(0);
    TRY(overlayPax(entry));
    if (entry.kind == TarKind::File && entry.path.ends_with('/'))
        entry.kind = TarKind::Folder;
    if (entry.size > mostDataBytes || (entry.kind != TarKind::File && entry.size != 0))
        return broken(entry.path + " has an impossible size");
    TRY(m_handler.begin(entry));
    m_left = entry.size;
    m_padding = tarPadding(entry.size);
    m_state = State::Data;
    if (m_left == 0) {
        m_state = State::Header;
        return m_handler.end();
    }
    return {};
}

} // namespace remote::registry
