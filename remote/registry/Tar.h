// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Descriptor.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace remote::registry {

enum class TarKind { File, HardLink, SymbolicLink, Folder, Fifo, Device };

/// One member of a tar archive (POSIX.1-2017 pax, "ustar interchange format"), without its data.
struct TarEntry {
    std::string path; ///< as written: "usr/lib/", "./a"
    TarKind kind = TarKind::File;
    std::uint32_t mode = 0; ///< permission bits
    std::uint64_t user = 0;
    std::uint64_t group = 0;
    std::int64_t seconds = 0; ///< of the modification
    std::uint32_t nanoseconds = 0;
    std::uint64_t size = 0; ///< of a file's data
    std::string target; ///< of a link
    std::map<std::string, std::string> attributes; ///< extended ones
};

constexpr std::size_t tarBlock = 512;

/// Bytes after data of `size` up to the next block.
constexpr std::size_t tarPadding(std::uint64_t size)
{
    return (tarBlock - size % tarBlock) % tarBlock;
}

/// The header blocks of an entry: a pax header before the ustar one when that cannot hold it all
/// (long names, big numbers, parts of seconds, attributes). The same entry gives the same bytes.
[[nodiscard]] std::string tarHeader(const TarEntry& entry);

/// Receives what a TarReader finds: begin, the data in pieces, end. An error ends the reading.
class TarHandler {
public:
    virtual ~TarHandler() = default;

    [[nodiscard]] virtual Result<> begin(const TarEntry& entry) = 0;
    [[nodiscard]] virtual Result<> data(std::string_view bytes) = 0;
    [[nodiscard]] virtual Result<> end() = 0;

    TarHandler(const TarHandler&) = delete;
    TarHandler& operator=(const TarHandler&) = delete;

protected:
    TarHandler() = default;
};

/// Reads a tar archive as it arrives: ustar, pax and GNU's long names. Whatever the bytes, it
/// answers with Invalid and keeps little in memory. One thread.
class TarReader {
public:
    explicit TarReader(TarHandler& handler)
        : m_handler(handler)
    {
    }

    [[nodiscard]] Result<> feed(std::string_view bytes);

    /// After the last byte: Invalid unless the archive has ended.
    [[nodiscard]] Result<> finish() const;

private:
    enum class State { Header, Data, Padding, Extension, ExtensionPadding, End };

    [[nodiscard]] Result<> header(std::string_view block);
    [[nodiscard]] Result<> extensionHeader(char type, std::uint64_t size);
    [[nodiscard]] Result<> memberHeader(std::string_view block, char type);
    [[nodiscard]] Result<> extensionDone();
    [[nodiscard]] Result<> paxRecords(std::string_view records);
    [[nodiscard]] Result<> overlayPax(TarEntry& entry);
    [[nodiscard]] Result<> consumeHeader(std::string_view& bytes);
    [[nodiscard]] Result<> consumeData(std::string_view& bytes);
    [[nodiscard]] Result<> consumeExtension(std::string_view& bytes);

    TarHandler& m_handler;
    State m_state = State::Header;
    std::string m_block; ///< a header that came in pieces
    std::uint64_t m_left = 0; ///< of the data, the extension or the padding
    std::size_t m_padding = 0; ///< after them
    char m_extensionType = 0;
    std::string m_extension;
    std::map<std::string, std::string> m_pax; ///< for the next member
    int m_zeroBlocks = 0;
};

} // namespace remote::registry
