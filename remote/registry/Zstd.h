// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Descriptor.h"

#include <memory>
#include <string>
#include <string_view>

namespace remote::registry {

/// Compresses a stream with zstd, at one level and in one thread: the same bytes in give the same
/// bytes out, whatever the pieces. One thread.
class Compressor {
public:
    explicit Compressor(Sink sink);
    ~Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    [[nodiscard]] Result<> feed(std::string_view bytes);
    [[nodiscard]] Result<> finish();

private:
    [[nodiscard]] Result<> turn(std::string_view bytes, bool last);

    struct Stream;
    std::unique_ptr<Stream> m_stream;
    Sink m_sink;
};

/// The way back. Invalid for what is not zstd. One thread.
class Decompressor {
public:
    explicit Decompressor(Sink sink);
    ~Decompressor();
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;

    [[nodiscard]] Result<> feed(std::string_view bytes);
    /// Invalid when the stream has no end.
    [[nodiscard]] Result<> finish() const;

private:
    struct Stream;
    std::unique_ptr<Stream> m_stream;
    Sink m_sink;
    bool m_whole = true;
};

} // namespace remote::registry
