// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Files.h"
#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"
#include "emulator/image/Builder.h"

#include <filesystem>
#include <string_view>

namespace emulator::image {

/// A folder in which one layer is being made; removed with all in it unless it was committed.
/// Held by a lock, so that another process can tell it from what a crash left behind.
class Scratch {
public:
    /// What becomes the layer.
    [[nodiscard]] std::filesystem::path writes() const { return m_folder.path() / "writes"; }
    /// A place beside it for whatever the work needs.
    [[nodiscard]] std::filesystem::path folder() const { return m_folder.path(); }

private:
    friend class LayerStore;
    Scratch(TempDir folder, UniqueFd lock)
        : m_folder(std::move(folder))
        , m_lock(std::move(lock))
    {
    }

    TempDir m_folder;
    UniqueFd m_lock;
};

/// Layers as folders layers/<digest>, in the kernel's overlay format (whiteouts are character
/// devices 0/0, opaque folders have an extended attribute), ready to be mounted.
///
/// A layer's digest is that of the *work* that made it (parent, operation, content of its
/// sources), not of the resulting bytes: it is known before the work is done, so it is cache key
/// and name in one, and no tree is read twice. docs/decisions/0005-layer-digests.md says why.
///
/// A layer appears by one rename or not at all. Thread-safe, also between processes.
class LayerStore {
public:
    explicit LayerStore(const Store& store)
        : m_layers(store.layers())
    {
    }

    [[nodiscard]] bool has(std::string_view digest) const;
    [[nodiscard]] std::filesystem::path folder(std::string_view digest) const;
    [[nodiscard]] const std::filesystem::path& path() const { return m_layers; }
    /// Whether a layer changes nothing; images leave it out.
    [[nodiscard]] bool isEmpty(std::string_view digest) const;

    [[nodiscard]] Result<Scratch> scratch() const;

    /// Turns a scratch's writes into the layer. When somebody else was faster, theirs stays.
    [[nodiscard]] Result<> commit(const Scratch& scratch, std::string_view digest) const;

    /// Removes what crashed builds left behind; scratch folders in use are spared.
    void sweep() const;

private:
    [[nodiscard]] std::filesystem::path scratchRoot() const { return m_layers / ".scratch"; }

    std::filesystem::path m_layers;
};

} // namespace emulator::image
