// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/rpc/StudioWire.h"

namespace emulator::rpc {

namespace own = slipway::v1;

Result<std::vector<model::DeploymentSummary>> StudioClient::deployments(std::string_view app,
                                                                        std::uint32_t limit) const
{
    own::DeploymentsRequest request;
    request.set_app(std::string(app));
    request.set_limit(limit);
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::ListDeployments, request));
    return all<model::DeploymentSummary>(response.deployments());
}

Result<model::StagedApp> StudioClient::staged(std::string_view nonce) const
{
    own::StagedRequest request;
    request.set_nonce(std::string(nonce));
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::GetStaged, request));
    return fromWire(response);
}

Result<std::uint32_t>
StudioClient::promote(std::string_view nonce, std::string_view strategy, bool probe,
                      const std::function<void(const model::PromoteProgress&)>& onProgress,
                      std::stop_token stop) const
{
    own::PromoteRequest request;
    request.set_nonce(std::string(nonce));
    request.set_strategy(std::string(strategy));
    request.set_probe(probe);
    std::uint32_t version = 0;
    TRY(m_wire->stream(&Studio::Stub::Promote, request, std::move(stop),
                       [&](const own::PromoteProgress& wire) {
                           const auto progress = fromWire(wire);
                           if (progress.version != 0)
                               version = progress.version;
                           onProgress(progress);
                       }));
    if (version == 0)
        return Error(ErrorCode::Unavailable, "the control plane did not say that it is live");
    return version;
}

Result<> StudioClient::discard(std::string_view nonce) const
{
    own::StagedRequest request;
    request.set_nonce(std::string(nonce));
    TRY(m_wire->call(&Studio::Stub::Discard, request));
    return {};
}

Result<StudioClient::RolledBack> StudioClient::rollback(std::string_view app, std::uint32_t version,
                                                        std::string_view strategy) const
{
    own::RollbackRequest request;
    request.set_app(std::string(app));
    request.set_version(version);
    request.set_strategy(std::string(strategy));
    TRY_ASSIGN(const auto response,
               m_wire->call(&Studio::Stub::Rollback, request, std::chrono::seconds(120)));
    return RolledBack {response.app_id(), response.version(), response.repeats()};
}

Result<model::Budget> StudioClient::setBudget(std::string_view app, std::int64_t micros) const
{
    own::BudgetRequest request;
    request.set_app(std::string(app));
    request.set_micros(micros);
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::SetBudget, request));
    return fromWire(response);
}

Result<std::vector<std::string>>
StudioClient::importImages(const std::vector<model::KeptImage>& images,
                           const std::vector<model::RuntimeImage>& runtimes) const
{
    own::ImportRequest request;
    for (const auto& image : images)
        *request.add_images() = toWire(image);
    for (const auto& runtime : runtimes)
        *request.add_runtimes() = toWire(runtime);
    TRY_ASSIGN(const auto response,
               m_wire->call(&Studio::Stub::ImportImages, request, std::chrono::seconds(30)));
    return std::vector<std::string>(response.known_ids().begin(), response.known_ids().end());
}

} // namespace emulator::rpc
