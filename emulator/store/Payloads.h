// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Bytes.h"
#include "emulator/store/Records.h"

#include <optional>
#include <string>
#include <vector>

namespace emulator::store {

/// Arguments or a result in the caller's own encoding, inline or in the blob store.
struct Payload {
    std::uint32_t format = 1; ///< DataFormat of the API: 1 pickle, 4 CBOR
    Bytes data;
    std::string blobId; ///< when set, data is empty
};

/// How an input ended.
struct Outcome {
    ResultStatus status = ResultStatus::None;
    Payload payload;
    std::string exception; ///< "ValueError('no')"
    std::int32_t exitCode = 0;
    std::string traceback;
    Bytes serializedTraceback;
    Bytes lineCache;
};

/// One item that a generator has yielded.
struct Chunk {
    std::uint64_t index = 0; ///< from 1
    Payload payload;
};
enum class ChunkDirection { Out, In };

/// The bytes of inputs, results and generators. One thread.
class Payloads {
public:
    explicit Payloads(Database& database)
        : m_database(database)
    {
    }

    [[nodiscard]] Result<> putArguments(std::string_view inputId, const Payload& arguments);
    [[nodiscard]] Result<> putOutcome(std::string_view inputId, const Outcome& outcome);
    /// NotFound once dropped.
    [[nodiscard]] Result<Payload> arguments(std::string_view inputId);
    /// Its status is the record's to say.
    [[nodiscard]] Result<Outcome> outcome(std::string_view inputId);
    [[nodiscard]] Result<> dropArguments(std::string_view inputId);
    [[nodiscard]] Result<> drop(std::string_view inputId);

    /// A chunk that is there already stays as it is.
    [[nodiscard]] Result<> putChunk(std::string_view callId, ChunkDirection direction,
                                    const Chunk& chunk);
    [[nodiscard]] Result<std::vector<Chunk>>
    chunksAfter(std::string_view callId, ChunkDirection direction, std::uint64_t index);
    [[nodiscard]] Result<> dropChunks(std::string_view callId);

private:
    [[nodiscard]] Result<> put(std::string_view owner, int kind, const Outcome& content);
    [[nodiscard]] Result<Outcome> get(std::string_view owner, int kind);

    Database& m_database;
};

} // namespace emulator::store
