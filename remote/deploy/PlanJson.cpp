// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/deploy/Plan.h"

namespace remote::deploy {

using emulator::Json;

Json toJson(const DeployPlan& plan)
{
    Json functions = Json::array();
    for (const auto& [function, change] : plan.functions)
        functions.push_back({{"name", function.name},
                             {"gpu", function.gpu},
                             {"change", change.change},
                             {"what", change.what},
                             {"image_id", function.imageId},
                             {"manifest", function.manifest},
                             {"min_containers", function.minContainers},
                             {"price_micros_per_hour", function.microsPerHour}});
    Json images = Json::array();
    for (const auto& [image, same] : plan.images)
        images.push_back({{"image_id", image.imageId},
                          {"manifest", image.manifest},
                          {"bytes", image.bytes},
                          {"missing_bytes", image.missingBytes},
                          {"layers", image.layers},
                          {"missing_layers", image.missingLayers},
                          {"same_as_last_run", same}});
    Json gpus = Json::array();
    for (const auto& gpu : plan.gpus)
        gpus.push_back({{"type", gpu.type},
                        {"wanted", gpu.wanted},
                        {"available", gpu.available},
                        {"ok", gpu.ok},
                        {"text", gpu.text}});
    Json blockers = Json::array();
    for (const auto& blocker : plan.blockers)
        blockers.push_back({{"what", blocker.what}, {"why", blocker.why}, {"fix", blocker.fix}});
    Json git;
    if (plan.git)
        git = {{"commit", plan.git->commit},
               {"branch", plan.git->branch},
               {"dirty", plan.git->dirty},
               {"changed_files", plan.git->changedFiles}};
    return {
        {"app", plan.app},
        {"file", plan.file},
        {"target",
         {{"name", plan.targetName}, {"engine", plan.targetEngine}, {"state", plan.targetState}}},
        {"live_version", plan.liveVersion},
        {"next_version", plan.nextVersion},
        {"functions", functions},
        {"images", images},
        {"bytes_to_push", plan.bytesToPush},
        {"bytes_total", plan.bytesTotal},
        {"gpus", gpus},
        {"price_micros_per_hour", plan.microsPerHour},
        {"price_idle_micros_per_hour", plan.idleMicrosPerHour},
        {"git", git},
        {"same_image_as_last_green_run",
         plan.sameImageAsLastGreenRun ? Json(*plan.sameImageAsLastGreenRun) : Json()},
        {"warnings", plan.warnings},
        {"blockers", blockers}};
}

} // namespace remote::deploy
