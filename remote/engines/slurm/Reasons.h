// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace remote::slurm {

/// A sentence for users on why a job waits or how it ended: "your account's GPU limit is reached
/// (AssocGrpGRES)". Slurm's own word always stands in it; "" for no reason.
[[nodiscard]] std::string explain(std::string_view reason);

} // namespace remote::slurm
