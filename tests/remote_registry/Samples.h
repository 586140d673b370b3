// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Files.h"
#include "remote/registry/Exporter.h"
#include "remote/registry/Tar.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// What the tests of this room share: layers to export, and a way to compare trees.
namespace samples {

/// Fills a folder with one of everything that a layer can hold: files, modes, times, links, hard
/// links, long names, whiteouts, an opaque folder, a fifo, extended attributes where possible.
void fillLayer(const std::filesystem::path& folder, std::string_view flavour = "a");

/// Each path of a tree with all that must survive a round trip, as one text.
std::map<std::string, std::string> describe(const std::filesystem::path& folder);

/// Bytes that do not compress, the same for the same seed.
std::string noise(std::size_t size, unsigned seed);

void write(const std::filesystem::path& file, std::string_view content, unsigned mode = 0644);

/// A home with an image of `layers` layers that each hold a file of `bytes` noise.
struct Home {
    explicit Home(int layers = 2, std::size_t bytes = 100'000);

    emulator::TempDir folder;
    emulator::image::Store store;
    emulator::model::Image image;
};

/// An archive of these members, ended; a file's data are as many letters as its size.
std::string archive(const std::vector<remote::registry::TarEntry>& entries);

} // namespace samples
