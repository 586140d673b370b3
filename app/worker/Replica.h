// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/base/Result.h"
#include "emulator/local/ReplicaFile.h"
#include "emulator/worker/NodeCache.h"
#include "emulator/worker/Worker.h"
#include "remote/registry/Registry.h"

#include <filesystem>
#include <memory>

namespace app::worker {

/// A worker on another machine than its control plane: what it needs besides, out of its file.
class Replica {
public:
    [[nodiscard]] static emulator::Result<std::unique_ptr<Replica>>
    open(const std::filesystem::path& file, const emulator::Clock& clock);

    [[nodiscard]] const emulator::worker::WorkerOptions& options() const { return m_options; }

private:
    Replica(emulator::local::ReplicaFile file, emulator::worker::NodeCache cache)
        : m_file(std::move(file))
        , m_cache(std::move(cache))
    {
    }

    emulator::Result<> findImages(const emulator::Clock& clock);
    void describe(const emulator::Clock& clock);

    emulator::local::ReplicaFile m_file;
    emulator::worker::NodeCache m_cache;
    std::unique_ptr<remote::registry::Registry> m_registry;
    std::unique_ptr<emulator::image::ImageSource> m_images;
    emulator::worker::WorkerOptions m_options;
};

} // namespace app::worker
