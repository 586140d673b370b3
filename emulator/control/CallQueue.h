// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Context.h"
#include "emulator/control/FunctionRegistry.h"
#include "emulator/store/Payloads.h"
#include "emulator/store/Records.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace emulator::control {

struct NewInput {
    std::uint32_t index = 0;
    std::string method;
    bool final = false;
    store::Payload arguments;
};

/// A call with its inputs in order and the results in the order in which they came.
struct CallState {
    store::CallRecord record;
    std::vector<std::string> inputs;
    std::vector<std::string> results; ///< inputs by outputSequence
    std::uint32_t succeeded = 0;
    bool delivered = false; ///< its caller has said that it holds every result

    [[nodiscard]] std::uint32_t unfinished() const
    {
        return static_cast<std::uint32_t>(inputs.size() - results.size());
    }
};

/// An input on its way to a container.
struct LeasedInput {
    store::InputRecord record;
    store::CallRecord call;
    store::Payload arguments;
};

/// Calls and their inputs. An input is leased to a task, never popped: it comes back when the task
/// ends without its result. A result is taken once; what comes late, twice or for an older attempt
/// is dropped. Belongs to the strand's thread.
class CallQueue {
public:
    CallQueue(Context& context, const FunctionRegistry& functions)
        : m_context(context)
        , m_functions(functions)
        , m_callTable(context.database)
        , m_inputTable(context.database)
        , m_payloads(context.database)
    {
    }

    void load();

    // ---- the caller's side ----

    const store::CallRecord& createCall(store::CallRecord call);
    /// The new inputs' ids, in order. FailedPrecondition when the call has been cancelled.
    [[nodiscard]] Result<std::vector<std::string>> addInputs(std::string_view callId,
                                                             std::vector<NewInput> inputs);
    [[nodiscard]] Result<const CallState*> findCall(std::string_view callId) const;
    [[nodiscard]] const store::InputRecord* findInput(std::string_view inputId) const;
    [[nodiscard]] const std::map<std::string, CallState>& calls() const { return m_calls; }
    [[nodiscard]] store::Payloads& payloads() { return m_payloads; }
    void markDelivered(std::string_view callId);

    /// Ends what has not begun; what runs is named in `cancellations` of its task.
    void cancelCall(std::string_view callId);

    // ---- the container's side ----

    /// Up to `limit` inputs for a task, all of one method. A repetition with the same key gets the
    /// same inputs again.
    [[nodiscard]] std::vector<LeasedInput> lease(const std::string& functionId,
                                                 const std::string& taskId, const std::string& key,
                                                 std::uint32_t limit);
    /// Takes a result from a container, or gives the input its next attempt by the user's policy.
    void complete(const std::string& inputId, std::uint32_t attempt, store::Outcome outcome);
    /// Inputs that a task is to give up, each told once.
    [[nodiscard]] std::vector<std::string> takeCancellations(const std::string& taskId);

    // ---- the control plane's side ----

    [[nodiscard]] std::set<std::string> leasesOf(const std::string& taskId) const;
    [[nodiscard]] std::uint32_t ready(const std::string& functionId) const;
    [[nodiscard]] std::uint32_t readyNested(const std::string& functionId) const;
    /// Ready, delayed and leased together.
    [[nodiscard]] std::uint32_t unfinished(const std::string& functionId) const;

    /// Ends an input although its container said nothing; counts as an attempt.
    void fail(const std::string& inputId, const store::Outcome& outcome);
    /// Puts a dead task's inputs back. A crash counts against each input's budget; one that has
    /// used it up ends with `outcome`.
    enum class Blame { Nobody, Inputs };
    void requeue(const std::string& taskId, Blame blame, const store::Outcome& outcome);
    /// Ends every input of a function that no container holds.
    void failReady(const std::string& functionId, const store::Outcome& outcome);
    /// Makes delayed inputs ready whose time has come.
    void wake();
    [[nodiscard]] Micros nextWake() const;
    /// Leased inputs whose attempt has run longer than its function allows.
    [[nodiscard]] std::vector<std::string> overdue() const;
    /// Cancelled inputs whose container has not given them up since `before`.
    [[nodiscard]] std::vector<std::string> stubborn(Micros before) const;
    /// Forgets finished calls that ended before a time.
    void prune(Micros before);

    static constexpr std::uint32_t crashBudget = 3;

private:
    struct Backlog {
        std::deque<std::string> ready; ///< may hold ids that are not pending any more
        std::uint32_t count = 0; ///< of those that are
        std::uint32_t nested = 0;
        std::uint32_t unfinished = 0;
    };

    store::InputRecord* get(const std::string& inputId);
    [[nodiscard]] const std::string& functionOf(const store::InputRecord& input) const;
    void save(const store::InputRecord& input);
    void makeReady(store::InputRecord& input);
    void leaveReady(const store::InputRecord& input);
    void release(store::InputRecord& input);
    bool retry(store::InputRecord& input, const store::Outcome& outcome);
    void finish(store::InputRecord& input, const store::Outcome& outcome);

    Context& m_context;
    const FunctionRegistry& m_functions;
    store::Table<store::CallRecord> m_callTable;
    store::Table<store::InputRecord> m_inputTable;
    store::Payloads m_payloads;

    std::map<std::string, CallState> m_calls;
    std::unordered_map<std::string, store::InputRecord> m_inputs;
    std::unordered_map<std::string, Backlog> m_backlogs; ///< by function
    std::unordered_map<std::string, std::set<std::string>> m_leases; ///< by task
    std::unordered_map<std::string, std::set<std::string>> m_cancellations; ///< by task
    std::map<std::string, Micros> m_cancelled; ///< leased inputs that were cancelled, since when
    std::set<std::pair<Micros, std::string>> m_delayed;
};

} // namespace emulator::control
