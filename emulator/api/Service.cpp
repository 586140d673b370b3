// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Service.h"

#include "emulator/api/Desk.h"
#include "emulator/api/Idempotency.h"
#include "emulator/api/TaskComposer.h"
#include "emulator/base/Bytes.h"
#include "emulator/base/Log.h"

#include <set>

namespace emulator::api {
namespace {

class ControlService final : public Service {
public:
    explicit ControlService(ServiceOptions options)
        : m_desk(std::move(options))
    {
        m_desk.startedAt = m_desk.options.clock.now();
        for (const auto add :
             {addApps,        addBlobs,   addCalls,        addClasses,       addContainers,
              addDeployments, addDicts,   addEnvironments, addFunctions,     addGenerators,
              addImages,      addInputs,  addLogHistory,   addLogs,          addMounts,
              addQueues,      addSecrets, addStudio,       addStudioStreams, addStudioTargets,
              addWorkers})
            add(m_desk);
    }
    ~ControlService() override { shutdown(); }

    Result<> start()
    {
        const auto& options = m_desk.options;
        control::Fleetwide limits;
        limits.maxTasks = options.maxTasks;
        limits.hardMaxTasks = std::max(limits.hardMaxTasks, 2 * options.maxTasks);
        TRY_ASSIGN(
            m_plane,
            control::ControlPlane::create({options.home / "slipway.db", options.clock, options.ids,
                                           [this](const store::TaskRecord& task) {
                                               return composeTask(m_plane->state(), task);
                                           },
                                           cost::PriceBook::builtIn(), limits, options.placement}));
        m_plane->strand().start();
        return {};
    }

    void handle(std::shared_ptr<rpc::Call> call) override
    {
        auto* method = m_desk.methods.find(call->method());
        auto caller = authenticate(*call, method);
        if (!caller) {
            if (method != nullptr)
                ++method->errors;
            call->fail(std::move(caller).error());
            return;
        }
        if (method == nullptr) {
            call->fail(m_desk.methods.refuse(call->method(), caller->clientVersion));
            return;
        }
        ++method->calls;
        auto decoded = method->decode(call->request());
        if (!decoded) {
            ++method->errors;
            call->fail(std::move(decoded).error());
            return;
        }
        warnOfUnknown(*call, *decoded, caller->clientVersion);
        const auto exchange
            = std::make_shared<Exchange>(std::move(call), *m_plane, *std::move(caller));
        m_plane->strand().post([this, method, exchange,
                                run = std::move(decoded->run)] { admit(*method, exchange, run); },
                               [exchange](const Error& error) { exchange->failNow(error); });
    }

    void setServerUrl(std::string url) override { m_desk.setServerUrl(std::move(url)); }

    void noteChange() override
    {
        m_plane->strand().post(
            [this] { m_plane->parking().signal(control::ControlPlane::changesTopic); });
    }

    void shutdown() override
    {
        if (m_plane)
            m_plane->stop();
    }

private:
    /// Who calls, and whether they may. A task's identity is the socket that its calls come
    /// through, so its header counts only on the private one, where the worker's relay sets it.
    Result<Caller> authenticate(const rpc::Call& call, const Method* method) const
    {
        Caller caller;
        caller.clientVersion = call.metadata("x-modal-client-version");
        caller.runId = call.metadata("x-slipway-run");
        caller.staging = call.metadata("x-slipway-stage");
        const auto access = method == nullptr ? Access::Anyone : method->access;
        if (call.origin() == rpc::Origin::Replica) {
            caller.replicaId = call.metadata("x-slipway-replica");
            caller.replicaToken = call.metadata("x-slipway-token");
            caller.taskId = call.metadata("x-slipway-task");
            const bool own = call.method().starts_with("/slipway.v1.");
            if (caller.replicaId.empty() || caller.taskId.empty() != own
                || access == Access::Private)
                return Error(ErrorCode::Denied, "this port is for replicas");
            return caller; // admit() knows whether it is one
        }
        if (call.origin() == rpc::Origin::Private) {
            caller.taskId = call.metadata("x-slipway-task");
            const bool own = call.method().starts_with("/slipway.v1.");
            if (caller.taskId.empty() != own)
                return Error(ErrorCode::Denied,
                             own ? "a container may not call " + call.method()
                                 : "this socket is for the worker and the Studio");
            caller.principal = own ? "local" : caller.taskId;
            return caller;
        }
        if (access != Access::Anyone)
            return Error(ErrorCode::Denied,
                         call.method() + " is served only on the private socket");
        const auto id = call.metadata("x-modal-token-id");
        const auto secret = call.metadata("x-modal-token-secret");
        if (id.empty() || secret.empty())
            return Error(ErrorCode::Unauthenticated,
                         "token missing: set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET as 'slip env' "
                         "prints them");
        if (!sameSecret(id, m_desk.options.tokenId)
            || !sameSecret(secret, m_desk.options.tokenSecret))
            return Error(ErrorCode::Unauthenticated,
                         "token not valid for this Slipway home (" + m_desk.options.home.string()
                             + "); 'slip env' prints the right one");
        caller.principal = id;
        return caller;
    }

    void warnOfUnknown(rpc::Call& call, const Method::Decoded& decoded, const std::string& version)
    {
        for (const auto& field : decoded.unknown) {
            const auto text = field
                + ", is not known to this version of Slipway and has no effect (client " + version
                + " is newer than what it serves)";
            call.addTrailer("x-modal-warning", percentEncode(text));
            const std::lock_guard lock(m_mutex);
            if (m_warned.insert(field).second)
                log::warning("api", text);
        }
    }

    void admit(Method& method, const std::shared_ptr<Exchange>& exchange,
               const std::function<void(const std::shared_ptr<Exchange>&)>& run)
    {
        if (!exchange->caller().replicaId.empty() && !admitReplica(exchange))
            return;
        const auto& caller = exchange->caller();
        if (!caller.taskId.empty()) {
            if (const auto task = exchange->state().fleet.find(caller.taskId); !task) {
                exchange->fail(Error(ErrorCode::Denied,
                                     "this control plane has no container " + caller.taskId));
                return;
            }
        } else if (method.access == Access::Container) {
            exchange->fail(Error(ErrorCode::Denied, method.name + " is for containers"));
            return;
        }
        if (method.repeat == Repeat::Once
            && m_idempotency.admit(exchange, method.name) == Idempotency::Verdict::Answered)
            return;
        exchange->countErrorsIn(method.errors);
        run(exchange);
    }

    /// A replica speaks for its own task and no other.
    static bool admitReplica(const std::shared_ptr<Exchange>& exchange)
    {
        auto& caller = exchange->caller();
        auto task = exchange->state().fleet.admitReplica(caller.replicaId, caller.replicaToken, {});
        if (task && !caller.taskId.empty() && caller.taskId != *task)
            task = Error(ErrorCode::Denied,
                         "replica " + caller.replicaId + " does not run task " + caller.taskId);
        if (!task) {
            exchange->fail(std::move(task).error());
            return false;
        }
        caller.taskId = *task;
        caller.principal = *task;
        return true;
    }

    Desk m_desk;
    std::unique_ptr<control::ControlPlane> m_plane;
    Idempotency m_idempotency;
    std::mutex m_mutex;
    std::set<std::string> m_warned; ///< under the mutex
};

} // namespace

Result<std::unique_ptr<Service>> Service::create(ServiceOptions options)
{
    auto service = std::make_unique<ControlService>(std::move(options));
    TRY(service->start());
    return std::unique_ptr<Service>(std::move(service));
}

} // namespace emulator::api
