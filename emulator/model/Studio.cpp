// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/model/Studio.h"

namespace emulator::model {

FunctionChange changeOf(const DeployedFunction& next, const DeployedFunction* live)
{
    if (live == nullptr)
        return {"new", {}};
    FunctionChange change;
    if (next.imageId != live->imageId)
        change.what.emplace_back("image");
    if (next.gpu != live->gpu)
        change.what.emplace_back("gpu");
    if (next.code != live->code)
        change.what.emplace_back("code");
    if (next.settings != live->settings)
        change.what.emplace_back("settings");
    if (!change.what.empty())
        change.change = "changed";
    return change;
}

std::string runtimeName(std::string_view clientVersion, std::string_view pythonSeries)
{
    return "client-" + std::string(clientVersion) + "-" + std::string(pythonSeries);
}

} // namespace emulator::model
