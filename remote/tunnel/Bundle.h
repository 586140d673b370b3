// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace remote::tunnel {

/// One file of a bundle.
struct BundleFile {
    std::filesystem::path source; ///< on this machine
    std::string name; ///< in the bundle: "bin/slipwayd"
    std::uint64_t size = 0;
};

/// Our programs, with every shared library that they need except the C library's own, as they are
/// sent to a cluster: bin/, lib/slipway-deps/ (where their run path leads) and lib/slipway/gpu/.
struct Bundle {
    enum class Gpu { WithEmulated, WithoutEmulated };

    std::vector<BundleFile> files; ///< by name
    std::string id; ///< "<version>-<hash of everything in it>"
    std::uint64_t bytes = 0;
    std::string glibc; ///< the least version of the GNU C library that they run with: "2.36"
    std::string machine; ///< "x86_64"

    /// `programs`: the folder of slip. NotFound when a program or a library is missing.
    [[nodiscard]] static emulator::Result<Bundle> collect(const std::filesystem::path& programs,
                                                          const std::string& version, Gpu gpu);
};

} // namespace remote::tunnel
