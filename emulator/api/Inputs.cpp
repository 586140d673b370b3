// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/Results.h"

namespace emulator::api {
namespace {

using control::Parking;

/// How long a container's question for inputs may stay without an answer. An empty answer makes it
/// ask again at once, so this is long.
constexpr double pollSeconds = 55;

wire::FunctionGetInputsItem itemOf(const control::LeasedInput& leased)
{
    wire::FunctionGetInputsItem item;
    item.set_input_id(leased.record.id);
    putPayload(*item.mutable_input(), leased.arguments);
    item.mutable_input()->set_final_input(leased.record.final);
    if (!leased.record.method.empty())
        item.mutable_input()->set_method_name(leased.record.method);
    item.set_function_call_id(leased.call.id);
    item.set_function_call_invocation_type(
        static_cast<wire::FunctionCallInvocationType>(leased.call.invocation));
    item.set_retry_count(leased.record.attempt);
    item.set_function_map_idx(static_cast<int>(leased.record.index));
    return item;
}

/// A container's poll: one input an answer, or a batch for a batched function.
class InputPoll : public std::enable_shared_from_this<InputPoll> {
public:
    InputPoll(std::shared_ptr<Exchange> exchange, const wire::FunctionGetInputsRequest& request,
              std::string functionId)
        : m_exchange(std::move(exchange))
        , m_functionId(std::move(functionId))
        , m_limit(std::max(1U, request.batch_max_size()))
        , m_linger(static_cast<Micros>(request.batch_linger_ms()) * 1000)
    {
    }

    void park()
    {
        m_exchange->park(
            "inputs " + m_functionId, pollSeconds,
            [self = shared_from_this()](Parking::Chance chance) { return self->attempt(chance); });
    }

private:
    bool attempt(Parking::Chance chance)
    {
        if (lingers())
            return false;
        auto& rules = m_exchange->plane().taskRules();
        auto handout
            = rules.handOut(m_exchange->caller().taskId, m_exchange->idempotencyKey(), m_limit);
        wire::FunctionGetInputsResponse response;
        if (handout.leave)
            response.add_inputs()->set_kill_switch(true);
        for (const auto& input : handout.inputs)
            *response.add_inputs() = itemOf(input);
        if (response.inputs_size() == 0 && chance != Parking::Chance::Last)
            return false;
        m_exchange->reply(response);
        return true;
    }

    /// Whether a batch that is not full yet may wait for more.
    bool lingers()
    {
        const auto ready = m_exchange->state().calls.ready(m_functionId);
        if (m_limit == 1 || m_linger == 0 || ready == 0 || ready >= m_limit)
            return false;
        const auto now = m_exchange->plane().clock().now();
        if (m_until == 0) {
            m_until = now + m_linger;
            auto& parking = m_exchange->plane().parking();
            parking.park("linger", m_until,
                         [&parking, topic = "inputs " + m_functionId](Parking::Chance chance) {
                             if (chance == Parking::Chance::Last)
                                 parking.signal(topic);
                             return chance == Parking::Chance::Last;
                         });
        }
        return now < m_until;
    }

    std::shared_ptr<Exchange> m_exchange;
    std::string m_functionId;
    std::uint32_t m_limit;
    Micros m_linger;
    Micros m_until = 0;
};

void getInputs(const std::shared_ptr<Exchange>& exchange,
               const wire::FunctionGetInputsRequest& request)
{
    const auto task = exchange->state().fleet.find(exchange->caller().taskId);
    if (!task) {
        exchange->fail(task.error());
        return;
    }
    // The function that the task was started for, whatever the request says.
    std::make_shared<InputPoll>(exchange, request, (*task)->functionId)->park();
}

Result<Empty> putOutputs(Exchange& exchange, const wire::FunctionPutOutputsRequest& request)
{
    auto& state = exchange.state();
    const auto& taskId = exchange.caller().taskId;
    TRY_ASSIGN(const auto* task, state.fleet.find(taskId));
    for (const auto& output : request.outputs()) {
        const auto* input = state.calls.findInput(output.input_id());
        if (input == nullptr)
            continue; // pruned, or never there
        const auto call = state.calls.findCall(input->callId);
        if (!call || (*call)->record.functionId != task->functionId)
            return Error(ErrorCode::Denied,
                         "input " + output.input_id() + " is not for this container");
        exchange.plane().taskRules().takeResult(taskId, output.input_id(), output.retry_count(),
                                                outcomeFrom(output.result(), output.data_format()));
    }
    return Empty();
}

} // namespace

void addInputs(Desk& desk)
{
    desk.methods.parked<wire::FunctionGetInputsRequest>("FunctionGetInputs", getInputs,
                                                        Access::Container);
    desk.methods.unary<wire::FunctionPutOutputsRequest>("FunctionPutOutputs", Repeat::Harmless,
                                                        putOutputs, Access::Container);
}

} // namespace emulator::api
