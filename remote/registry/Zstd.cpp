// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Zstd.h"

#include <zstd.h>

namespace remote::registry {
namespace {

/// Changing it changes the digest of every layer that is exported anew.
constexpr int level = 3;
/// A frame that wants more memory is refused; ours want 2 MiB.
constexpr int largestWindowLog = 27;

} // namespace

struct Compressor::Stream {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    std::string out = std::string(ZSTD_CStreamOutSize(), '\0');
};

Compressor::Compressor(Sink sink)
    : m_stream(std::make_unique<Stream>())
    , m_sink(std::move(sink))
{
    ZSTD_CCtx_setParameter(m_stream->context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(m_stream->context, ZSTD_c_checksumFlag, 1);
}

Compressor::~Compressor()
{
    ZSTD_freeCCtx(m_stream->context);
}

Result<> Compressor::feed(std::string_view bytes)
{
    return turn(bytes, false);
}

Result<> Compressor::finish()
{
    return turn({}, true);
}

Result<> Compressor::turn(std::string_view bytes, bool last)
{
    ZSTD_inBuffer in {bytes.data(), bytes.size(), 0};
    for (;;) {
        ZSTD_outBuffer out {m_stream->out.data(), m_stream->out.size(), 0};
        const auto left = ZSTD_compressStream2(m_stream->context, &out, &in,
                                               last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left) != 0)
            return Error(ErrorCode::Internal, std::string("compress: ") + ZSTD_getErrorName(left));
        if (out.pos != 0)
            TRY(m_sink(std::string_view(m_stream->out.data(), out.pos)));
        if (last ? left == 0 : in.pos == in.size)
            return {};
    }
}

struct Decompressor::Stream {
    ZSTD_DCtx* context = ZSTD_createDCtx();
    std::string out = std::string(ZSTD_DStreamOutSize(), '\0');
};

Decompressor::Decompressor(Sink sink)
    : m_stream(std::make_unique<Stream>())
    , m_sink(std::move(sink))
{
    ZSTD_DCtx_setParameter(m_stream->context, ZSTD_d_windowLogMax, largestWindowLog);
}

Decompressor::~Decompressor()
{
    ZSTD_freeDCtx(m_stream->context);
}

Result<> Decompressor::feed(std::string_view bytes)
{
    ZSTD_inBuffer in {bytes.data(), bytes.size(), 0};
    for (bool full = false; in.pos < in.size || full;) {
        ZSTD_outBuffer out {m_stream->out.data(), m_stream->out.size(), 0};
        const auto left = ZSTD_decompressStream(m_stream->context, &out, &in);
        if (ZSTD_isError(left) != 0)
            return Error(ErrorCode::Invalid,
                         std::string("the compressed stream is damaged: ")
                             + ZSTD_getErrorName(left));
        if (out.pos != 0)
            TRY(m_sink(std::string_view(m_stream->out.data(), out.pos)));
        m_whole = left == 0;
        full = !m_whole && out.pos == out.size;
    }
    return {};
}

Result<> Decompressor::finish() const
{
    if (!m_whole)
        return Error(ErrorCode::Invalid, "the compressed stream ends too early");
    return {};
}

} // namespace remote::registry
