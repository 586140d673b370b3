// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/UniqueFd.h"
#include "remote/registry/Tar.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace remote::registry {

/// Unpacks a layer's tar into an empty folder in the kernel's overlay format. With root owners and
/// attributes are kept, without it everything is the user's, as in all layers made without root.
///
/// A hostile tar writes nothing outside the folder and makes no device: each folder on the way is
/// opened without following links, nothing is overwritten, names are checked part by part. Invalid
/// names the member. One thread.
class LayerUnpacker final : public TarHandler {
public:
    struct Options {
        bool keepOwners; ///< needs root
        std::uint64_t mostBytes = std::uint64_t {1} << 40U; ///< of all files
        std::uint64_t mostMembers = 20'000'000;
    };

    [[nodiscard]] static Result<std::unique_ptr<LayerUnpacker>>
    create(const std::filesystem::path& folder, const Options& options);
    ~LayerUnpacker() override = default;

    [[nodiscard]] Result<> begin(const TarEntry& entry) override;
    [[nodiscard]] Result<> data(std::string_view bytes) override;
    [[nodiscard]] Result<> end() override;

    /// After the last member: gives the folders their modes and times, which unpacking into them
    /// would have changed.
    [[nodiscard]] Result<> finish();

private:
    struct Place {
        std::string folder; ///< "usr/lib"; empty: the root
        std::string name;
        int parent = -1; ///< not owned
    };
    struct Folder {
        TarEntry entry;
        bool stated = false; ///< the tar has it; else it was made for what is in it
        bool opaque = false;
    };

    LayerUnpacker(emulator::UniqueFd root, const Options& options);

    [[nodiscard]] static Error refused(const std::string& path, const std::string& why);
    [[nodiscard]] static Error cannotMake(const std::string& path, int number);

    /// The parts of a member's name below the root; Invalid for a name that leaves it.
    [[nodiscard]] static Result<std::vector<std::string>> partsOf(const std::string& path);
    [[nodiscard]] Result<Place> placeOf(const std::string& path);
    [[nodiscard]] Result<> openParent(const std::string& folder);
    [[nodiscard]] Result<> enter(emulator::UniqueFd& current, const std::string& path,
                                 const std::string& name);
    [[nodiscard]] Result<emulator::UniqueFd> reopen(const std::string& path) const;

    [[nodiscard]] Result<> makeFolder(const Place& place, const TarEntry& entry);
    [[nodiscard]] Result<> makeFile(const Place& place);
    [[nodiscard]] Result<> makeHardLink(const Place& place, const TarEntry& entry);
    [[nodiscard]] Result<> makeSymbolicLink(const Place& place, const TarEntry& entry);
    [[nodiscard]] Result<> makeFifo(const Place& place, const TarEntry& entry);
    [[nodiscard]] Result<> makeMark(const Place& place, const TarEntry& entry);

    [[nodiscard]] Result<> dressNode(const Place& place, const TarEntry& entry) const;
    [[nodiscard]] Result<> dressOpen(int fd, const TarEntry& entry) const;
    [[nodiscard]] Result<> setAttributes(int fd, const TarEntry& entry) const;
    [[nodiscard]] Result<> setOpaque(int fd, const std::string& path) const;

    const emulator::UniqueFd m_root;
    const Options m_options;
    std::map<std::string, Folder> m_folders; ///< by path; "" is the root
    emulator::UniqueFd m_parent; ///< where the last member went: the next one is often beside it
    std::string m_parentPath;
    emulator::UniqueFd m_file; ///< being written
    TarEntry m_entry; ///< of that file
    std::uint64_t m_bytes = 0;
    std::uint64_t m_members = 0;
};

} // namespace remote::registry
