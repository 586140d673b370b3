// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Files.h"
#include "emulator/container/Launcher.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// A small image, a state folder and a launcher for the tests of containers.
class Bench {
public:
    /// What a finished container printed and how it ended.
    struct Ended {
        emulator::container::ContainerExit exit;
        std::string output;
        std::string error;
        std::string failure; ///< of the launch; empty when it started
    };

    /// Null when the launcher cannot start; `why` says so.
    static std::unique_ptr<Bench> create(std::string& why);

    /// A plan that runs `script` with /bin/sh in the image, with a fresh folder for writes.
    emulator::container::ContainerPlan shell(const std::string& script);

    /// A plan that runs Python code.
    emulator::container::ContainerPlan python(const std::string& code);

    /// Launches, reads both streams to their end, waits.
    Ended run(const emulator::container::ContainerPlan& plan);

    /// Reads what a started container prints until it has ended.
    static Ended finish(emulator::container::Container& container);

    emulator::container::Launcher& launcher() { return *m_launcher; }
    void closeLauncher() { m_launcher.reset(); }
    [[nodiscard]] bool root() const;
    [[nodiscard]] bool watched() const;
    [[nodiscard]] const std::filesystem::path& image() const { return m_image; }
    [[nodiscard]] const std::filesystem::path& folder() const { return m_folder.path(); }

private:
    explicit Bench(emulator::TempDir folder)
        : m_folder(std::move(folder))
    {
    }

    emulator::TempDir m_folder;
    std::filesystem::path m_image;
    std::unique_ptr<emulator::container::Launcher> m_launcher;
    int m_next = 0;
};

/// Reads a descriptor to its end.
std::string readToEnd(int fd);
