// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/store/Payloads.h"

namespace emulator::store {
namespace {

constexpr int argumentsKind = 0;
constexpr int outcomeKind = 1;

} // namespace

Result<> Payloads::put(std::string_view owner, int kind, const Outcome& content)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare("REPLACE INTO payloads (owner, kind, format, data, blob_id, "
                                  "exception, exit_code, traceback, serialized_traceback, "
                                  "line_cache) VALUES (?,?,?,?,?,?,?,?,?,?)"));
    return statement.bind(owner)
        .bind(kind)
        .bind(content.payload.format)
        .bind(Blob {content.payload.data})
        .bind(content.payload.blobId)
        .bind(content.exception)
        .bind(content.exitCode)
        .bind(content.traceback)
        .bind(Blob {content.serializedTraceback})
        .bind(Blob {content.lineCache})
        .run();
}

Result<Outcome> Payloads::get(std::string_view owner, int kind)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare("SELECT format, data, blob_id, exception, exit_code, traceback, "
                                  "serialized_traceback, line_cache FROM payloads "
                                  "WHERE owner = ? AND kind = ?"));
    statement.bind(owner).bind(kind);
    TRY_ASSIGN(const bool row, statement.step());
    if (!row)
        return Error(ErrorCode::NotFound, "the data of " + std::string(owner) + " is gone");
    Outcome content;
    content.payload.format = static_cast<std::uint32_t>(statement.integer(0));
    content.payload.data = statement.text(1);
    content.payload.blobId = statement.text(2);
    content.exception = statement.text(3);
    content.exitCode = static_cast<std::int32_t>(statement.integer(4));
    content.traceback = statement.text(5);
    content.serializedTraceback = statement.text(6);
    content.lineCache = statement.text(7);
    return content;
}

Result<> Payloads::putArguments(std::string_view inputId, const Payload& arguments)
{
    Outcome content;
    content.payload = arguments;
    return put(inputId, argumentsKind, content);
}

Result<> Payloads::putOutcome(std::string_view inputId, const Outcome& outcome)
{
    return put(inputId, outcomeKind, outcome);
}

Result<Payload> Payloads::arguments(std::string_view inputId)
{
    TRY_ASSIGN(auto content, get(inputId, argumentsKind));
    return std::move(content.payload);
}

Result<Outcome> Payloads::outcome(std::string_view inputId)
{
    return get(inputId, outcomeKind);
}

Result<> Payloads::dropArguments(std::string_view inputId)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare("DELETE FROM payloads WHERE owner = ? AND kind = 0"));
    return statement.bind(inputId).run();
}

Result<> Payloads::drop(std::string_view inputId)
{
    TRY_ASSIGN(auto statement, m_database.prepare("DELETE FROM payloads WHERE owner = ?"));
    return statement.bind(inputId).run();
}

Result<> Payloads::putChunk(std::string_view callId, ChunkDirection direction, const Chunk& chunk)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare("INSERT OR IGNORE INTO chunks (call_id, direction, position, "
                                  "format, data, blob_id) VALUES (?,?,?,?,?,?)"));
    return statement.bind(callId)
        .bind(direction)
        .bind(chunk.index)
        .bind(chunk.payload.format)
        .bind(Blob {chunk.payload.data})
        .bind(chunk.payload.blobId)
        .run();
}

Result<std::vector<Chunk>> Payloads::chunksAfter(std::string_view callId, ChunkDirection direction,
                                                 std::uint64_t index)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare("SELECT position, format, data, blob_id FROM chunks WHERE "
                                  "call_id = ? AND direction = ? AND position > ? "
                                  "ORDER BY position"));
    statement.bind(callId).bind(direction).bind(index);
    std::vector<Chunk> chunks;
    while (true) {
        TRY_ASSIGN(const bool row, statement.step());
        if (!row)
            return chunks;
        chunks.push_back({static_cast<std::uint64_t>(statement.integer(0)),
                          {static_cast<std::uint32_t>(statement.integer(1)), statement.text(2),
                           statement.text(3)}});
    }
}

Result<> Payloads::dropChunks(std::string_view callId)
{
    TRY_ASSIGN(auto statement, m_database.prepare("DELETE FROM chunks WHERE call_id = ?"));
    return statement.bind(callId).run();
}

} // namespace emulator::store
