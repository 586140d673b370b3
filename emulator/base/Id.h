// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace emulator {

/// Makes ids as the Modal API spells them: a prefix, one dash, 22 base-62 digits
/// ("fu-4Zt…"). The last digit is never a capital V, which the client reads as "V2 sandbox".
/// Thread-safe.
class IdSource {
public:
    virtual ~IdSource() = default;

    [[nodiscard]] virtual std::string next(std::string_view prefix) = 0;

    IdSource(const IdSource&) = delete;
    IdSource& operator=(const IdSource&) = delete;

protected:
    IdSource() = default;
};

/// Ids from the kernel's random source.
[[nodiscard]] std::unique_ptr<IdSource> randomIds();

/// The same id for the same `content`, on every machine: images, mounts, bound functions.
[[nodiscard]] std::string idFromContent(std::string_view prefix, std::string_view content);

/// What stands before the dash; empty when there is none.
[[nodiscard]] std::string_view idPrefix(std::string_view id);

/// `size` octets from the kernel's random source, as lower-case hexadecimal digits.
[[nodiscard]] std::string randomHex(std::size_t size);

} // namespace emulator
