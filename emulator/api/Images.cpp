// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/control/ImageJson.h"

#include <charconv>

namespace emulator::api {
namespace {

using control::ImageRegistry;
using control::Parking;
using store::ImageRecord;
using store::ImageState;

Result<ImageRegistry::Request> requestOf(control::State& state,
                                         const wire::ImageGetOrCreateRequest& request)
{
    const auto& image = request.image();
    const auto refuse = [](const char* what) {
        return Error(ErrorCode::Unsupported,
                     std::string(what) + " is not served by this version of Slipway");
    };
    if (!request.build_function_id().empty() || image.has_build_function())
        return refuse("Image.run_function");
    if (image.volume_mounts_size() > 0)
        return refuse("a volume in an image build");
    if (image.gpu_config().count() > 0)
        return refuse("a GPU in an image build");
    if (!image.image_registry_config().secret_id().empty())
        return refuse("a private registry");

    ImageRegistry::Request wanted;
    auto& recipe = wanted.recipe;
    recipe.commands = {image.dockerfile_commands().begin(), image.dockerfile_commands().end()};
    for (const auto& base : image.base_images())
        recipe.baseImages[base.docker_tag()] = base.image_id();
    for (const auto& file : image.context_files())
        recipe.contextFiles.push_back({file.filename(), file.data()});
    if (!image.context_mount_id().empty()) {
        TRY_ASSIGN(recipe.contextMount, state.mounts.files(image.context_mount_id()));
    }
    recipe.buildArguments = {image.build_args().begin(), image.build_args().end()};
    recipe.builderVersion = request.builder_version();
    wanted.secretIds = {image.secret_ids().begin(), image.secret_ids().end()};
    wanted.appId = request.app_id();
    wanted.rebuild = request.force_build() || request.ignore_cache();
    return wanted;
}

void fillMetadata(wire::ImageMetadata& metadata, const ImageRecord& record)
{
    metadata.set_image_builder_version(record.builderVersion);
    const auto json = parseJson(record.image);
    if (!json || !json->is_object())
        return;
    const auto image = control::imageFromJson(*json);
    if (!image.pythonVersion.empty())
        metadata.set_python_version_info(image.pythonVersion);
    if (!image.config.workingDirectory.empty())
        metadata.set_workdir(image.config.workingDirectory);
}

/// False while it is being built.
bool fillResult(wire::GenericResult& result, const ImageRecord& record)
{
    if (record.state == ImageState::Building)
        return false;
    result.set_status(record.state == ImageState::Ready
                          ? wire::GenericResult::GENERIC_STATUS_SUCCESS
                          : wire::GenericResult::GENERIC_STATUS_FAILURE);
    result.set_exception(record.error);
    return true;
}

Result<wire::ImageGetOrCreateResponse> getOrCreate(const Desk& desk, Exchange& exchange,
                                                   const wire::ImageGetOrCreateRequest& request)
{
    auto& state = exchange.state();
    const ImageRecord* record = nullptr;
    if (!request.existing_image_id().empty() && request.image().dockerfile_commands().empty()) {
        TRY_ASSIGN(record, state.images.find(request.existing_image_id()));
    } else {
        TRY_ASSIGN(const auto wanted, requestOf(state, request));
        const auto id = ImageRegistry::idOf(wanted.recipe);
        const auto before = state.images.find(id);
        if (!desk.options.builds && (!before || (*before)->state != ImageState::Ready))
            return Error(ErrorCode::FailedPrecondition,
                         "image " + id
                             + " is not on this cluster, which builds none; `slip deploy --target "
                               "NAME` brings it");
        const bool building = before && (*before)->state == ImageState::Building;
        TRY_ASSIGN(record, state.images.getOrCreate(wanted));
        if (record->state == ImageState::Building && !building)
            state.fleet.send(model::BuildImage {state.images.orderOf(*record)});
    }
    wire::ImageGetOrCreateResponse response;
    response.set_image_id(record->id);
    wire::GenericResult result;
    if (fillResult(result, *record)) {
        *response.mutable_result() = result;
        fillMetadata(*response.mutable_metadata(), *record);
    }
    return response;
}

/// Sends what is new of a build's log, then its result.
class BuildStream : public std::enable_shared_from_this<BuildStream> {
public:
    BuildStream(std::shared_ptr<Exchange> exchange, const wire::ImageJoinStreamingRequest& request)
        : m_exchange(std::move(exchange))
        , m_imageId(request.image_id())
    {
        const auto& entry = request.last_entry_id();
        std::from_chars(entry.data(), entry.data() + entry.size(), m_last);
    }

    void park(double seconds)
    {
        const auto attempt
            = [self = shared_from_this()](Parking::Chance chance) { return self->attempt(chance); };
        // The end is signalled under the image, lines under its log.
        m_exchange->park("image " + m_imageId, seconds, attempt);
        if (!m_done)
            m_exchange->park(control::LogHub::topic(m_imageId), seconds, attempt);
    }

private:
    bool attempt(Parking::Chance chance)
    {
        if (m_done)
            return true;
        auto& state = m_exchange->state();
        model::LogQuery query;
        query.subject = m_imageId;
        query.afterSequence = m_last;
        const auto lines = state.logs.read(query, 10'000);
        if (!lines.empty()) {
            wire::ImageJoinStreamingResponse response;
            for (const auto& line : lines) {
                auto& log = *response.add_task_logs();
                log.set_data(line.text + "\n");
                log.set_file_descriptor(wire::FILE_DESCRIPTOR_STDOUT);
                log.set_timestamp(toSeconds(line.time));
                m_last = line.sequence;
            }
            response.set_entry_id(std::to_string(m_last));
            m_exchange->write(response);
        }
        wire::ImageJoinStreamingResponse end;
        const auto record = state.images.find(m_imageId);
        if (record && fillResult(*end.mutable_result(), **record)) {
            fillMetadata(*end.mutable_metadata(), **record);
            end.set_eof(true);
            m_exchange->write(end);
        } else if (chance != Parking::Chance::Last) {
            return false;
        }
        m_done = true;
        m_exchange->finish();
        return true;
    }

    std::shared_ptr<Exchange> m_exchange;
    std::string m_imageId;
    std::uint64_t m_last = 0;
    bool m_done = false;
};

void joinStreaming(const std::shared_ptr<Exchange>& exchange,
                   const wire::ImageJoinStreamingRequest& request)
{
    if (const auto record = exchange->state().images.find(request.image_id()); !record) {
        exchange->fail(record.error());
        return;
    }
    std::make_shared<BuildStream>(exchange, request)->park(request.timeout());
}

Result<wire::ImageFromIdResponse> fromId(Exchange& exchange,
                                         const wire::ImageFromIdRequest& request)
{
    TRY_ASSIGN(const auto* record, exchange.state().images.find(request.image_id()));
    wire::ImageFromIdResponse response;
    response.set_image_id(record->id);
    fillMetadata(*response.mutable_metadata(), *record);
    return response;
}

} // namespace

void addImages(Desk& desk)
{
    auto& methods = desk.methods;
    methods.unary<wire::ImageGetOrCreateRequest>(
        "ImageGetOrCreate", Repeat::Harmless,
        [&desk](Exchange& exchange, const wire::ImageGetOrCreateRequest& request) {
            return getOrCreate(desk, exchange, request);
        });
    methods.parked<wire::ImageJoinStreamingRequest>("ImageJoinStreaming", joinStreaming);
    methods.unary<wire::ImageFromIdRequest>("ImageFromId", Repeat::Harmless, fromId);
}

} // namespace emulator::api
