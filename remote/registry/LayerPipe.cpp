// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/LayerPipe.h"

#include <unistd.h>

#include <charconv>

namespace remote::registry {
namespace {

/// What cannot be read was not what we wrote: to the caller that is a blob that differs.
Result<> asDifference(Result<> result)
{
    if (result || result.error().code() != ErrorCode::Invalid)
        return result;
    return Error(ErrorCode::FailedPrecondition, result.error().message());
}

LayerUnpacker::Options optionsFor(const Descriptor& blob)
{
    LayerUnpacker::Options options {.keepOwners = ::geteuid() == 0};
    const auto stated = blob.annotations.find(std::string(annotation::layerBytes));
    if (stated != blob.annotations.end())
        std::from_chars(stated->second.data(), stated->second.data() + stated->second.size(),
                        options.mostBytes);
    return options;
}

Error differs(std::string_view what, std::string_view expected, std::string_view found)
{
    return {ErrorCode::FailedPrecondition,
            std::string(what) + " should be " + std::string(expected) + " and is "
                + std::string(found) + "; the registry's copy is damaged: push the image again"};
}

} // namespace

Result<std::unique_ptr<LayerPipe>> LayerPipe::create(const Descriptor& blob,
                                                     const std::filesystem::path& folder)
{
    if (blob.mediaType != mediatype::layerZstd && blob.mediaType != mediatype::layer)
        return Error(ErrorCode::Unsupported,
                     "it is of type \"" + blob.mediaType.substr(0, 100)
                         + "\"; Slipway takes layers as tar or tar+zstd");
    TRY_ASSIGN(auto unpacker, LayerUnpacker::create(folder, optionsFor(blob)));
    return std::unique_ptr<LayerPipe>(new LayerPipe(blob, std::move(unpacker)));
}

LayerPipe::LayerPipe(const Descriptor& blob, std::unique_ptr<LayerUnpacker> unpacker)
    : m_blob(blob)
    , m_unpacker(std::move(unpacker))
    , m_reader(*m_unpacker)
{
    if (m_blob.mediaType == mediatype::layerZstd)
        m_decompressor = std::make_unique<Decompressor>(
            [this](std::string_view bytes) { return feedTar(bytes); });
}

Result<> LayerPipe::feed(std::string_view bytes)
{
    m_received += bytes.size();
    if (m_received > m_blob.size)
        return Error(ErrorCode::FailedPrecondition, "it is larger than its manifest says");
    m_blobDigest.update(bytes);
    return asDifference(m_decompressor ? m_decompressor->feed(bytes) : feedTar(bytes));
}

Result<> LayerPipe::feedTar(std::string_view bytes)
{
    m_tarDigest.update(bytes);
    return m_reader.feed(bytes);
}

Result<> LayerPipe::finish(std::string_view diffId)
{
    if (const auto found = m_blobDigest.digest(); found != m_blob.digest)
        return differs("the blob", m_blob.digest, found);
    if (m_decompressor)
        TRY(asDifference(m_decompressor->finish()));
    if (const auto found = m_tarDigest.digest(); found != diffId)
        return differs("its content", diffId, found);
    TRY(asDifference(m_reader.finish()));
    return m_unpacker->finish();
}

} // namespace remote::registry
