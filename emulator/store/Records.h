// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Bytes.h"
#include "emulator/base/Clock.h"
#include "emulator/model/Task.h"
#include "emulator/store/Table.h"

#include <cstdint>
#include <string>

/// The rows of the typed tables, as they stand in resources/schema.
namespace emulator::store {

/// As the Modal API numbers them (AppState).
enum class AppState {
    Ephemeral = 1,
    Detached = 2,
    Deployed = 3,
    Stopping = 4,
    Stopped = 5,
    Initializing = 6,
    DetachedDisconnected = 8,
};

struct AppRecord {
    std::string id;
    std::string name; ///< of a deployment; empty before the first
    std::string environment;
    std::string description;
    AppState state = AppState::Initializing;
    std::string runId;
    std::string clientVersion;
    Micros createdAt = 0;
    Micros stoppedAt = 0;
    Micros deployedAt = 0;
    std::int32_t version = 0; ///< counts publishes; 0: never published
    std::string functions = "{}"; ///< JSON: tag → id, as published
    std::string classes = "{}"; ///< JSON: tag → id, as published
    std::string tags = "{}"; ///< JSON
    std::string stopReason;
    std::int64_t budgetMicros = 0; ///< what it may cost; 0: no limit
    std::string heldBack; ///< why no container is started, in words for the user
};

struct DeploymentRecord {
    std::string id; ///< app id and version
    std::string appId;
    std::int32_t version = 0;
    std::string clientVersion;
    Micros deployedAt = 0;
    std::string tag;
    std::string functions = "{}"; ///< JSON: tag → id
    std::string classes = "{}"; ///< JSON: tag → id
    std::string tags = "{}"; ///< JSON
    std::string commit = "{}"; ///< JSON: vcs, branch, hash, time, dirty, author, email, url
    std::string strategy = "rolling";
    std::int32_t rolledBackTo = 0; ///< the version that it repeats; 0: none
};

struct FunctionRecord {
    std::string id;
    std::string appId;
    std::string tag; ///< "train", "Model.*"
    std::string baseId; ///< of a bound function: what it was bound from
    Bytes definition; ///< opaque to control: the client's own description
    Bytes parameters; ///< opaque: of a bound function
    Bytes options; ///< opaque: of a bound function
    std::string imageId;
    std::uint32_t revision = 1; ///< grows when a publish changes it
    bool generator = false;
    std::uint32_t minContainers = 0;
    std::uint32_t maxContainers = 0; ///< 0: as many as the machine takes
    std::uint32_t bufferContainers = 0;
    std::uint32_t scaledownSeconds = 60;
    std::uint32_t maxConcurrent = 1; ///< inputs at a time in one container
    std::uint32_t targetConcurrent = 1;
    std::uint32_t batchSize = 0;
    std::uint32_t batchLingerMs = 0;
    std::uint32_t timeoutSeconds = 300;
    std::uint32_t startupTimeoutSeconds = 300;
    std::uint32_t maxInputs = 0; ///< of one container's life; 0: no limit
    std::uint32_t retries = 0;
    std::uint32_t retryInitialMs = 1000;
    std::uint32_t retryMaxMs = 60000;
    double retryCoefficient = 2;
    std::string gpu;
    std::uint32_t gpuCount = 0;
    std::uint32_t milliCpu = 0;
    std::uint32_t memoryMb = 0;
    Micros createdAt = 0;
};

/// A definition as it stood in a deployment or stands in a staging.
struct FunctionVersionRecord : FunctionRecord {
    std::string key; ///< owner and id
    std::string owner; ///< id of the deployment or the staging
};

/// What a client publishes under a nonce, not live yet.
struct StagingRecord {
    std::string id; ///< the nonce
    std::string appId;
    bool complete = false; ///< the client has published
    std::string name;
    std::string tag;
    std::string clientVersion;
    std::string functions = "{}"; ///< JSON: tag → id
    std::string classes = "{}"; ///< JSON: tag → id
    std::string tags = "{}"; ///< JSON
    std::string commit = "{}"; ///< JSON, as of a deployment
    Micros createdAt = 0;
};

struct RuntimeRecord {
    std::string id; ///< "1.6.4/3.11"
    std::string clientVersion;
    std::string pythonSeries;
    std::string manifest;
    Micros createdAt = 0;
};

struct CallRecord {
    std::string id;
    std::string appId;
    std::string functionId;
    std::string runId;
    std::uint32_t type = 1; ///< FunctionCallType of the API
    std::uint32_t invocation = 0; ///< FunctionCallInvocationType of the API
    std::string parentInputId;
    Micros createdAt = 0;
    Micros finishedAt = 0;
    bool cancelled = false;
};

enum class InputState { Pending, Leased, Done };

/// As the Modal API numbers them (GenericResult.GenericStatus).
enum class ResultStatus {
    None = 0,
    Success = 1,
    Failure = 2,
    Terminated = 3,
    Timeout = 4,
    InitFailure = 5,
    InternalFailure = 6,
};

struct InputRecord {
    std::string id;
    std::string callId;
    std::uint32_t index = 0;
    std::string method;
    bool final = false; ///< the container ends after it
    InputState state = InputState::Pending;
    std::string taskId; ///< who has or had it
    std::uint32_t attempt = 0; ///< of the user's retry policy
    std::uint32_t crashes = 0; ///< tasks that died with it
    Micros leasedAt = 0;
    std::string leaseKey; ///< idempotency key of the poll that got it
    Micros notBefore = 0;
    ResultStatus status = ResultStatus::None;
    Micros finishedAt = 0;
    std::uint64_t outputSequence = 0; ///< order of results within the call, from 1
};

struct TaskRecord {
    std::string id;
    std::string appId;
    std::string functionId;
    std::string imageId;
    std::uint32_t revision = 1;
    model::TaskState state = model::TaskState::Queued;
    std::string workerId;
    Micros createdAt = 0;
    Micros startedAt = 0;
    Micros readyAt = 0; ///< first poll for inputs
    Micros finishedAt = 0;
    model::EndReason endReason = model::EndReason::Exited;
    std::int32_t exitCode = 0;
    std::string message;
    bool draining = false; ///< gets no more inputs
    Micros stopAt = 0; ///< when the worker is to be told; 0: not at all
    model::EndReason stopReason = model::EndReason::Stopped;
    bool stopGraceful = true;
    std::string stopMessage;
    std::uint32_t inputsTaken = 0;
    std::string gpu;
    std::uint32_t gpuCount = 0;
    std::uint32_t milliCpu = 0;
    std::uint32_t memoryMb = 0;
    Micros chargedUntil = 0;
    std::int64_t costMicros = 0;
    std::string replicaId; ///< re-…, what an engine was asked for; empty on this machine
    std::string replicaToken; ///< proves to be that replica; good for one worker process
    std::string jobId; ///< the engine's
    std::string node;
    std::string waitReason; ///< why the engine holds it back, in its words
    Micros submittedAt = 0;
    Micros allocatedAt = 0; ///< since then the engine holds resources for it; charged from here
    bool settled = false; ///< the engine's accounting has had the last word on its cost
    std::int32_t deploymentVersion = 0; ///< of its app; 0: of none
    std::string staging; ///< the nonce of what it tries out; empty: it serves
};

struct WorkerRecord {
    std::string id;
    std::uint64_t nextSequence = 1; ///< of the events it reports
    std::string notes = "[]"; ///< JSON
    Micros seenAt = 0;
};

enum class ImageState { Building, Ready, Failed };

struct ImageRecord {
    std::string id;
    ImageState state = ImageState::Building;
    std::string appId;
    std::string recipe; ///< JSON
    std::string secrets = "[]"; ///< JSON: ids whose variables RUN sees
    std::string image = "null"; ///< JSON
    std::string error;
    std::string builderVersion;
    Micros createdAt = 0;
    Micros finishedAt = 0;
};

struct MountRecord {
    std::string id;
    std::string name;
    std::string files = "[]"; ///< JSON
    Micros createdAt = 0;
};

struct SecretRecord {
    std::string id;
    std::string name;
    std::string environment;
    std::string appId; ///< its owner when it has no name
    std::string variables = "{}"; ///< JSON
    Micros createdAt = 0;
    Micros usedAt = 0;
};

template<>
struct Mapping<AppRecord> {
    static constexpr const char* table = "apps";
    static constexpr auto columns()
    {
        using R = AppRecord;
        return std::tuple {column("id", &R::id),
                           column("name", &R::name),
                           column("environment", &R::environment),
                           column("description", &R::description),
                           column("state", &R::state),
                           column("run_id", &R::runId),
                           column("client_version", &R::clientVersion),
                           column("created_at", &R::createdAt),
                           column("stopped_at", &R::stoppedAt),
                           column("deployed_at", &R::deployedAt),
                           column("version", &R::version),
                           column("functions", &R::functions),
                           column("classes", &R::classes),
                           column("tags", &R::tags),
                           column("stop_reason", &R::stopReason),
                           column("budget_micros", &R::budgetMicros),
                           column("held_back", &R::heldBack)};
    }
};

template<>
struct Mapping<DeploymentRecord> {
    static constexpr const char* table = "deployments";
    static constexpr auto columns()
    {
        using R = DeploymentRecord;
        return std::tuple {column("id", &R::id),
                           column("app_id", &R::appId),
                           column("version", &R::version),
                           column("client_version", &R::clientVersion),
                           column("deployed_at", &R::deployedAt),
                           column("tag", &R::tag),
                           column("functions", &R::functions),
                           column("classes", &R::classes),
                           column("tags", &R::tags),
                           column("commit_info", &R::commit),
                           column("strategy", &R::strategy),
                           column("rolled_back_to", &R::rolledBackTo)};
    }
};

template<>
struct Mapping<FunctionRecord> {
    static constexpr const char* table = "functions";
    static constexpr auto columns()
    {
        using R = FunctionRecord;
        return std::tuple {column("id", &R::id),
                           column("app_id", &R::appId),
                           column("tag", &R::tag),
                           column("base_id", &R::baseId),
                           blobColumn("definition", &R::definition),
                           blobColumn("parameters", &R::parameters),
                           blobColumn("options", &R::options),
                           column("image_id", &R::imageId),
                           column("revision", &R::revision),
                           column("generator", &R::generator),
                           column("min_containers", &R::minContainers),
                           column("max_containers", &R::maxContainers),
                           column("buffer_containers", &R::bufferContainers),
                           column("scaledown_seconds", &R::scaledownSeconds),
                           column("max_concurrent", &R::maxConcurrent),
                           column("target_concurrent", &R::targetConcurrent),
                           column("batch_size", &R::batchSize),
                           column("batch_linger_ms", &R::batchLingerMs),
                           column("timeout_seconds", &R::timeoutSeconds),
                           column("startup_timeout_seconds", &R::startupTimeoutSeconds),
                           column("max_inputs", &R::maxInputs),
                           column("retries", &R::retries),
                           column("retry_initial_ms", &R::retryInitialMs),
                           column("retry_max_ms", &R::retryMaxMs),
                           column("retry_coefficient", &R::retryCoefficient),
                           column("gpu", &R::gpu),
                           column("gpu_count", &R::gpuCount),
                           column("milli_cpu", &R::milliCpu),
                           column("memory_mb", &R::memoryMb),
                           column("created_at", &R::createdAt)};
    }
};

template<>
struct Mapping<FunctionVersionRecord> {
    static constexpr const char* table = "function_versions";
    static constexpr auto columns()
    {
        using R = FunctionVersionRecord;
        return std::tuple_cat(
            std::tuple {column("version_key", &R::key), column("owner", &R::owner)},
            Mapping<FunctionRecord>::columns());
    }
};

template<>
struct Mapping<StagingRecord> {
    static constexpr const char* table = "stagings";
    static constexpr auto columns()
    {
        using R = StagingRecord;
        return std::tuple {column("id", &R::id),
                           column("app_id", &R::appId),
                           column("complete", &R::complete),
                           column("name", &R::name),
                           column("tag", &R::tag),
                           column("client_version", &R::clientVersion),
                           column("functions", &R::functions),
                           column("classes", &R::classes),
                           column("tags", &R::tags),
                           column("commit_info", &R::commit),
                           column("created_at", &R::createdAt)};
    }
};

template<>
struct Mapping<RuntimeRecord> {
    static constexpr const char* table = "runtimes";
    static constexpr auto columns()
    {
        using R = RuntimeRecord;
        return std::tuple {column("id", &R::id), column("client_version", &R::clientVersion),
                           column("python_series", &R::pythonSeries),
                           column("manifest", &R::manifest), column("created_at", &R::createdAt)};
    }
};

template<>
struct Mapping<CallRecord> {
    static constexpr const char* table = "calls";
    static constexpr auto columns()
    {
        using R = CallRecord;
        return std::tuple {column("id", &R::id),
                           column("app_id", &R::appId),
                           column("function_id", &R::functionId),
                           column("run_id", &R::runId),
                           column("type", &R::type),
                           column("invocation", &R::invocation),
                           column("parent_input_id", &R::parentInputId),
                           column("created_at", &R::createdAt),
                           column("finished_at", &R::finishedAt),
                           column("cancelled", &R::cancelled)};
    }
};

template<>
struct Mapping<InputRecord> {
    static constexpr const char* table = "inputs";
    static constexpr auto columns()
    {
        using R = InputRecord;
        return std::tuple {column("id", &R::id),
                           column("call_id", &R::callId),
                           column("position", &R::index),
                           column("method", &R::method),
                           column("final", &R::final),
                           column("state", &R::state),
                           column("task_id", &R::taskId),
                           column("attempt", &R::attempt),
                           column("crashes", &R::crashes),
                           column("leased_at", &R::leasedAt),
                           column("lease_key", &R::leaseKey),
                           column("not_before", &R::notBefore),
                           column("status", &R::status),
                           column("finished_at", &R::finishedAt),
                           column("output_sequence", &R::outputSequence)};
    }
};

template<>
struct Mapping<TaskRecord> {
    static constexpr const char* table = "tasks";
    static constexpr auto columns()
    {
        using R = TaskRecord;
        return std::tuple {column("id", &R::id),
                           column("app_id", &R::appId),
                           column("function_id", &R::functionId),
                           column("image_id", &R::imageId),
                           column("revision", &R::revision),
                           column("state", &R::state),
                           column("worker_id", &R::workerId),
                           column("created_at", &R::createdAt),
                           column("started_at", &R::startedAt),
                           column("ready_at", &R::readyAt),
                           column("finished_at", &R::finishedAt),
                           column("end_reason", &R::endReason),
                           column("exit_code", &R::exitCode),
                           column("message", &R::message),
                           column("draining", &R::draining),
                           column("stop_at", &R::stopAt),
                           column("stop_reason", &R::stopReason),
                           column("stop_graceful", &R::stopGraceful),
                           column("stop_message", &R::stopMessage),
                           column("inputs_taken", &R::inputsTaken),
                           column("gpu", &R::gpu),
                           column("gpu_count", &R::gpuCount),
                           column("milli_cpu", &R::milliCpu),
                           column("memory_mb", &R::memoryMb),
                           column("charged_until", &R::chargedUntil),
                           column("cost_micros", &R::costMicros),
                           column("replica_id", &R::replicaId),
                           column("replica_token", &R::replicaToken),
                           column("job_id", &R::jobId),
                           column("node", &R::node),
                           column("wait_reason", &R::waitReason),
                           column("submitted_at", &R::submittedAt),
                           column("allocated_at", &R::allocatedAt),
                           column("settled", &R::settled),
                           column("deployment_version", &R::deploymentVersion),
                           column("staging", &R::staging)};
    }
};

template<>
struct Mapping<WorkerRecord> {
    static constexpr const char* table = "workers";
    static constexpr auto columns()
    {
        using R = WorkerRecord;
        return std::tuple {column("id", &R::id), column("next_sequence", &R::nextSequence),
                           column("notes", &R::notes), column("seen_at", &R::seenAt)};
    }
};

template<>
struct Mapping<ImageRecord> {
    static constexpr const char* table = "images";
    static constexpr auto columns()
    {
        using R = ImageRecord;
        return std::tuple {column("id", &R::id),
                           column("state", &R::state),
                           column("app_id", &R::appId),
                           column("recipe", &R::recipe),
                           column("secrets", &R::secrets),
                           column("image", &R::image),
                           column("error", &R::error),
                           column("builder_version", &R::builderVersion),
                           column("created_at", &R::createdAt),
                           column("finished_at", &R::finishedAt)};
    }
};

template<>
struct Mapping<MountRecord> {
    static constexpr const char* table = "mounts";
    static constexpr auto columns()
    {
        using R = MountRecord;
        return std::tuple {column("id", &R::id), column("name", &R::name),
                           column("files", &R::files), column("created_at", &R::createdAt)};
    }
};

template<>
struct Mapping<SecretRecord> {
    static constexpr const char* table = "secrets";
    static constexpr auto columns()
    {
        using R = SecretRecord;
        return std::tuple {column("id", &R::id),
                           column("name", &R::name),
                           column("environment", &R::environment),
                           column("app_id", &R::appId),
                           column("variables", &R::variables),
                           column("created_at", &R::createdAt),
                           column("used_at", &R::usedAt)};
    }
};

} // namespace emulator::store
