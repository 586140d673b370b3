// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/base/Result.h"
#include "emulator/store/Database.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace emulator::control {

/// The one thread on which the control plane's state lives, and the transaction around it.
///
/// Work is queued from anywhere and drained in batches: one transaction a batch, and only after
/// its commit do the effects gathered in it (replies, commands to workers) leave the process. So
/// whatever the outside has seen is stored. When a write or the commit fails, the transaction is
/// rolled back, the state is read again from the database, and every effect of the batch becomes
/// its `onLost`: nothing half-done remains.
///
/// post() is thread-safe; everything else belongs to the strand's thread.
class Strand {
public:
    using Action = std::function<void()>;
    using Loss = std::function<void(const Error&)>;

    struct Hooks {
        Action settle; ///< at the end of a batch, before its commit
        Action reload; ///< reads the state again after a rollback
        std::function<Micros()> nextDue; ///< when to run a batch although nothing is queued
    };

    Strand(store::Database& database, const Clock& clock)
        : m_database(database)
        , m_clock(clock)
    {
    }
    ~Strand() { stop(); }

    void setHooks(Hooks hooks) { m_hooks = std::move(hooks); }

    /// Starts the thread; without it, tests call runBatch themselves.
    void start();
    /// Ends the thread after the batch it is in; what is still queued gets its `onLost`.
    void stop();

    /// Queues work. `onLost` runs instead of the effects when the batch could not be stored, or
    /// the strand has stopped.
    void post(Action action, Loss onLost = {});

    /// Within a batch: to do after the commit. `onLost` as above.
    void afterCommit(Action action, Loss onLost = {});

    /// Within a batch: takes note of a failed write, which dooms the batch.
    void keep(Result<> written);
    template<typename T>
    [[nodiscard]] std::optional<T> keep(Result<T> read)
    {
        if (read)
            return *std::move(read);
        keep(Result<>(std::move(read).error()));
        return std::nullopt;
    }
    [[nodiscard]] bool doomed() const { return m_failure.has_value(); }

    /// Drains the queue once, with its transaction; false when there was nothing to do.
    bool runBatch();

    Strand(const Strand&) = delete;
    Strand& operator=(const Strand&) = delete;

private:
    struct Work {
        Action action;
        Loss onLost;
    };

    void loop(const std::stop_token& stop);
    void lose(const std::vector<Work>& batch);
    void complain(const std::string& failure);

    store::Database& m_database;
    const Clock& m_clock;
    Hooks m_hooks;

    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::vector<Work> m_queue; ///< under the mutex
    bool m_stopped = false; ///< under the mutex

    std::vector<Work> m_outbox;
    std::optional<Error> m_failure;
    std::string m_complaint; ///< the last one in the log
    Micros m_complainedAt = 0;
    std::jthread m_thread;
};

} // namespace emulator::control
