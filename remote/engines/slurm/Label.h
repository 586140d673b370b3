// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace remote::slurm {

/// What a job's comment says to us: whose it is and which replica. Everybody on the cluster can
/// read it.
struct Label {
    std::string tag; ///< Options::tag
    std::string replicaId;
    std::string deployment; ///< may be empty

    /// "slipway:<tag>:<replica>:<deployment>"
    [[nodiscard]] std::string text() const;

    /// Absent when the comment is not one of ours, of any control plane.
    [[nodiscard]] static std::optional<Label> parse(std::string_view comment);
};

} // namespace remote::slurm
