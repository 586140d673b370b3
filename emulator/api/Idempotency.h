// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/api/Exchange.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace emulator::api {

/// Sees to it that a request with effects has them once, however often the client repeats it:
/// a repetition gets the stored answer, one that comes while the first is under way waits for it.
/// Belongs to the strand's thread.
class Idempotency {
public:
    enum class Verdict { Proceed, Answered };

    /// Decides about a request of `method`; when it may proceed, its answer will be kept.
    [[nodiscard]] Verdict admit(const std::shared_ptr<Exchange>& exchange,
                                const std::string& method);

private:
    std::map<std::string, std::vector<std::shared_ptr<Exchange>>> m_underWay;
};

} // namespace emulator::api
