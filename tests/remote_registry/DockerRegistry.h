// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace samples {

/// Debian's docker-registry on loopback, for as long as the value lives; with TLS also a CA of its
/// own and a user "tester" with the password "correct horse".
class DockerRegistry {
public:
    enum class Kind { Plain, TlsWithPassword };

    /// Nothing when it is not installed or does not start: skip the test and say so.
    static std::unique_ptr<DockerRegistry> start(Kind kind);
    ~DockerRegistry();
    DockerRegistry(const DockerRegistry&) = delete;
    DockerRegistry& operator=(const DockerRegistry&) = delete;

    [[nodiscard]] std::uint16_t port() const { return m_port; }
    [[nodiscard]] std::filesystem::path caFile() const { return m_folder.path() / "ca.pem"; }

private:
    explicit DockerRegistry(emulator::TempDir folder);

    bool makeCertificates() const;
    bool makePassword() const;
    void configure(Kind kind) const;

    emulator::TempDir m_folder;
    std::uint16_t m_port = 0;
    std::optional<emulator::Subprocess> m_process;
};

} // namespace samples
