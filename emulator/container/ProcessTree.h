// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace emulator::container {

/// What a process and all that descend from it use together.
struct ProcessSum {
    std::uint64_t cpuMicros = 0; ///< with children that were waited for
    std::uint64_t memoryBytes = 0; ///< resident; pages shared with files are counted once each
    std::uint32_t processes = 0;
};

/// Sums over the tree below `root` as /proc shows it now; zeros when it is gone. Orphans of a
/// pid namespace hang below its first process, so a container's tree is complete.
[[nodiscard]] ProcessSum sumOf(int root);

} // namespace emulator::container
