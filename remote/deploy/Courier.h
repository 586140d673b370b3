// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/image/Builder.h"
#include "emulator/model/Studio.h"
#include "remote/deploy/Plan.h"
#include "remote/registry/Exporter.h"
#include "remote/registry/Registry.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace remote::deploy {

/// Where a target takes its images from, as this machine reaches it.
struct RegistryPlace {
    std::string url; ///< "https://host/team/slipway"; empty: the target has none
    std::string token; ///< of the target's own registry
    std::string userName; ///< of a site's
    std::string password;
    std::filesystem::path caFile;
};

/// Brings an app's images to a registry: packs them, asks what is missing, sends that. One thread.
class Courier {
public:
    Courier(emulator::image::Store store, RegistryPlace place);

    /// Packs the images of the functions and the stock client for each Python among them. What was
    /// packed before is not packed again.
    [[nodiscard]] Result<> pack(const model::StagedApp& app, const registry::OnProgress& onProgress,
                                const std::function<void(std::string_view)>& onLine,
                                std::stop_token stop);
    /// Asks the registry; fills the transfers and the sums of `facts`.
    [[nodiscard]] Result<> compare(Facts& facts, std::stop_token stop);
    /// Sends what is missing. Repeated after a failure it goes on from there.
    [[nodiscard]] Result<> push(const registry::OnProgress& onProgress, std::stop_token stop);

    /// After pack(): the manifest of an image; empty for one that no function uses.
    [[nodiscard]] std::string manifestOf(const std::string& imageId) const;
    /// After pack(): what a control plane needs to know of all this.
    [[nodiscard]] std::vector<model::KeptImage> images(const model::StagedApp& app) const;
    [[nodiscard]] const std::vector<model::RuntimeImage>& runtimes() const { return m_runtimes; }

private:
    [[nodiscard]] Result<registry::Registry*> connect();
    [[nodiscard]] Result<> packRuntime(const std::string& clientVersion, const std::string& series,
                                       const registry::OnProgress& onProgress,
                                       const std::function<void(std::string_view)>& onLine,
                                       std::stop_token stop);

    emulator::image::Store m_store;
    RegistryPlace m_place;
    emulator::SystemClock m_clock;
    std::unique_ptr<registry::Exporter> m_exporter;
    std::unique_ptr<registry::Registry> m_registry;
    std::vector<registry::ExportedImage> m_exports;
    std::vector<model::RuntimeImage> m_runtimes;
    std::uint64_t m_missingBytes = 0; ///< as compared last
};

} // namespace remote::deploy
