// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/Results.h"

#include <charconv>

namespace emulator::api {
namespace {

using control::CallState;
using control::NewInput;
using store::InputState;

/// Inputs of a call that may wait at a time; the client holds back what is beyond.
constexpr std::uint32_t inputWindow = 1000;

template<typename Items>
std::vector<NewInput> newInputs(const Items& items)
{
    std::vector<NewInput> inputs;
    for (const auto& item : items)
        inputs.push_back({static_cast<std::uint32_t>(item.idx()), item.input().method_name(),
                          item.input().final_input(), payloadFrom(item.input())});
    return inputs;
}

template<typename Items, typename Out>
void nameInputs(const Items& items, const std::vector<std::string>& ids, Out& out)
{
    for (int i = 0; i < items.size(); ++i) {
        auto& named = *out.Add();
        named.set_idx(items[i].idx());
        named.set_input_id(ids[static_cast<std::size_t>(i)]);
        named.set_input_jwt(ids[static_cast<std::size_t>(i)]);
    }
}

Result<wire::FunctionMapResponse> map(Exchange& exchange, const wire::FunctionMapRequest& request)
{
    auto& state = exchange.state();
    TRY_ASSIGN(const auto* function, state.functions.find(request.function_id()));
    TRY_ASSIGN(const auto* app, state.apps.find(function->appId));
    if (!control::isLive(*app))
        return Error(ErrorCode::FailedPrecondition,
                     "app " + app->id + " has stopped; its functions cannot be called");
    store::CallRecord call;
    call.appId = app->id;
    call.functionId = function->id;
    call.type = static_cast<std::uint32_t>(request.function_call_type());
    call.invocation = static_cast<std::uint32_t>(request.function_call_invocation_type());
    call.parentInputId = request.parent_input_id();
    call.runId = exchange.caller().runId.empty() ? app->runId : exchange.caller().runId;
    const auto& made = state.calls.createCall(std::move(call));
    TRY_ASSIGN(const auto ids,
               state.calls.addInputs(made.id, newInputs(request.pipelined_inputs())));
    wire::FunctionMapResponse response;
    response.set_function_call_id(made.id);
    response.set_function_call_jwt(made.id);
    nameInputs(request.pipelined_inputs(), ids, *response.mutable_pipelined_inputs());
    // The policy is carried out here, for maps and spawns alike; the client must not do it too.
    response.set_sync_client_retries_enabled(false);
    response.set_max_inputs_outstanding(inputWindow);
    return response;
}

Result<wire::FunctionPutInputsResponse> putInputs(Exchange& exchange,
                                                  const wire::FunctionPutInputsRequest& request)
{
    TRY_ASSIGN(
        const auto ids,
        exchange.state().calls.addInputs(request.function_call_id(), newInputs(request.inputs())));
    wire::FunctionPutInputsResponse response;
    nameInputs(request.inputs(), ids, *response.mutable_inputs());
    return response;
}

std::uint64_t parseEntry(const std::string& entry)
{
    std::uint64_t sequence = 0;
    std::from_chars(entry.data(), entry.data() + std::min(entry.find('-'), entry.size()), sequence);
    return sequence;
}

/// The results of a call that a poll has not seen yet. `last_entry_id` is "<sequence>-0".
wire::FunctionGetOutputsResponse outputsSince(control::State& state, const CallState& call,
                                              const wire::FunctionGetOutputsRequest& request)
{
    wire::FunctionGetOutputsResponse response;
    auto last = parseEntry(request.last_entry_id());
    const auto most = request.max_values() > 0 ? request.max_values() : 1000;
    std::size_t bytes = 0;
    for (auto i = last; i < call.results.size() && response.outputs_size() < most; ++i) {
        const auto& input = *state.calls.findInput(call.results[i]);
        last = i + 1;
        const auto index = static_cast<int>(input.index);
        if ((request.has_start_idx() && index < request.start_idx())
            || (request.has_end_idx() && index > request.end_idx()))
            continue;
        auto outcome = state.calls.payloads().outcome(input.id);
        if (!outcome)
            continue; // forgotten by age: unfinished 0 and no output tells the client
        auto& output = *response.add_outputs();
        *output.mutable_result() = resultFrom(*outcome, input.status);
        output.set_idx(index);
        output.set_input_id(input.id);
        output.set_data_format(static_cast<wire::DataFormat>(outcome->payload.format));
        output.set_task_id(input.taskId);
        output.set_input_started_at(toSeconds(input.leasedAt));
        output.set_output_created_at(toSeconds(input.finishedAt));
        // Whatever attempt it was: a count that the client did not make is taken for stale.
        output.set_retry_count(0);
        response.add_idxs(index);
        bytes += outcome->payload.data.size();
        if (bytes > (32U << 20U))
            break;
    }
    response.set_last_entry_id(std::to_string(last) + "-0");
    auto unfinished = call.unfinished();
    if (response.outputs_size() == 0 && call.inputs.empty())
        unfinished = 1; // its inputs are still to come: not expired
    response.set_num_unfinished_inputs(static_cast<int>(unfinished));
    return response;
}

void getOutputs(const std::shared_ptr<Exchange>& exchange,
                const wire::FunctionGetOutputsRequest& request)
{
    auto& calls = exchange->state().calls;
    const auto found = calls.findCall(request.function_call_id());
    if (!found) {
        exchange->fail(found.error());
        return;
    }
    // What a map sends when it has everything: a farewell, not a question.
    if (request.timeout() <= 0 && request.clear_on_success() && !request.has_start_idx()) {
        calls.markDelivered(request.function_call_id());
        wire::FunctionGetOutputsResponse farewell;
        farewell.set_last_entry_id(request.last_entry_id());
        farewell.set_num_unfinished_inputs(static_cast<int>((*found)->unfinished()));
        exchange->reply(farewell);
        return;
    }
    exchange->park("outputs " + request.function_call_id(), request.timeout(),
                   [exchange, request](control::Parking::Chance chance) {
                       auto& state = exchange->state();
                       const auto call = state.calls.findCall(request.function_call_id());
                       if (!call) {
                           exchange->fail(call.error());
                           return true;
                       }
                       const auto response = outputsSince(state, **call, request);
                       if (response.outputs_size() == 0 && response.num_unfinished_inputs() > 0
                           && chance != control::Parking::Chance::Last)
                           return false;
                       if (response.outputs_size() == 0 && (*call)->record.type == 2
                           && chance != control::Parking::Chance::Last)
                           return false; // a map may still put inputs
                       exchange->reply(response);
                       return true;
                   });
}

Result<wire::FunctionGetCallGraphResponse>
callGraph(Exchange& exchange, const wire::FunctionGetCallGraphRequest& request)
{
    auto& state = exchange.state();
    TRY_ASSIGN([[maybe_unused]] const auto* root, state.calls.findCall(request.function_call_id()));
    wire::FunctionGetCallGraphResponse response;
    std::vector<std::string> open {request.function_call_id()};
    std::set<std::string> inputs;
    while (!open.empty()) {
        const auto id = open.back();
        open.pop_back();
        const auto& call = **state.calls.findCall(id);
        auto& node = *response.add_function_calls();
        node.set_function_call_id(id);
        node.set_parent_input_id(call.record.parentInputId);
        if (const auto function = state.functions.find(call.record.functionId)) {
            wire::Function definition;
            definition.ParseFromString((*function)->definition);
            node.set_function_name((*function)->tag);
            node.set_module_name(definition.module_name());
        }
        for (const auto& inputId : call.inputs) {
            const auto& input = *state.calls.findInput(inputId);
            inputs.insert(inputId);
            auto& item = *response.add_inputs();
            item.set_input_id(inputId);
            item.set_status(static_cast<wire::GenericResult::GenericStatus>(input.status));
            item.set_function_call_id(id);
            item.set_task_id(input.taskId);
        }
        for (const auto& [childId, child] : state.calls.calls())
            if (child.record.parentInputId != "" && childId != id
                && std::find(call.inputs.begin(), call.inputs.end(), child.record.parentInputId)
                    != call.inputs.end())
                open.push_back(childId);
    }
    return response;
}

Result<Empty> cancel(Exchange& exchange, const wire::FunctionCallCancelRequest& request)
{
    auto& state = exchange.state();
    TRY_ASSIGN(const auto* call, state.calls.findCall(request.function_call_id()));
    std::set<std::string> tasks;
    for (const auto& id : call->inputs)
        if (const auto* input = state.calls.findInput(id); input->state == InputState::Leased)
            tasks.insert(input->taskId);
    state.calls.cancelCall(request.function_call_id());
    if (request.terminate_containers())
        for (const auto& task : tasks)
            state.fleet.stop(task, {model::EndReason::Stopped, true, "its call was cancelled"});
    return Empty();
}

} // namespace

void addCalls(Desk& desk)
{
    auto& methods = desk.methods;
    methods.unary<wire::FunctionMapRequest>("FunctionMap", Repeat::Once, map);
    methods.unary<wire::FunctionPutInputsRequest>("FunctionPutInputs", Repeat::Once, putInputs);
    methods.parked<wire::FunctionGetOutputsRequest>("FunctionGetOutputs", getOutputs);
    methods.unary<wire::FunctionGetCallGraphRequest>("FunctionGetCallGraph", Repeat::Harmless,
                                                     callGraph);
    methods.unary<wire::FunctionCallCancelRequest>("FunctionCallCancel", Repeat::Harmless, cancel);
    methods.unary<wire::FunctionFinishInputsRequest>(
        "FunctionFinishInputs", Repeat::Harmless,
        [](Exchange& exchange, const wire::FunctionFinishInputsRequest& request) -> Result<Empty> {
            TRY_ASSIGN([[maybe_unused]] const auto* call,
                       exchange.state().calls.findCall(request.function_call_id()));
            return Empty();
        });
    methods.unary<wire::FunctionCallFromIdRequest>(
        "FunctionCallFromId", Repeat::Harmless,
        [](Exchange& exchange, const wire::FunctionCallFromIdRequest& request)
            -> Result<wire::FunctionCallFromIdResponse> {
            TRY_ASSIGN(const auto* call,
                       exchange.state().calls.findCall(request.function_call_id()));
            wire::FunctionCallFromIdResponse response;
            response.set_function_call_id(call->record.id);
            response.set_num_inputs(static_cast<int>(call->inputs.size()));
            response.mutable_metadata()->set_app_id(call->record.appId);
            response.mutable_metadata()->set_function_id(call->record.functionId);
            return response;
        });
}

} // namespace emulator::api
