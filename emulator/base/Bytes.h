// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace emulator {

/// Octets that are not text: payloads, blobs, pickles. std::string carries them through protobuf
/// and SQLite without a copy.
using Bytes = std::string;

/// Lower-case hexadecimal digits of `bytes`.
[[nodiscard]] std::string toHex(std::string_view bytes);

/// RFC 4648 base64 with padding, and back; an odd character makes fromBase64 return an empty text.
[[nodiscard]] std::string toBase64(std::string_view bytes);
[[nodiscard]] Bytes fromBase64(std::string_view text);

/// SHA-256 of `bytes`: 32 octets.
[[nodiscard]] Bytes sha256(std::string_view bytes);
[[nodiscard]] std::string sha256Hex(std::string_view bytes);

/// MD5 of `bytes`, 16 octets: an ETag's digest, never a protection.
[[nodiscard]] Bytes md5(std::string_view bytes);

/// Whether two secrets are the same, in a time that tells nothing of where they differ.
[[nodiscard]] bool sameSecret(std::string_view a, std::string_view b);

/// HMAC-SHA-256 with `key`: 32 octets.
[[nodiscard]] Bytes hmacSha256(std::string_view key, std::string_view bytes);

} // namespace emulator
