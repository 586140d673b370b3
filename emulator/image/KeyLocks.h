// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>

namespace emulator::image {

/// One lock per name, so that two builds with a step in common make its layer once. Thread-safe.
class KeyLocks {
public:
    /// Holds the name until it dies.
    class Held {
    public:
        Held(KeyLocks& locks, std::string key)
            : m_locks(&locks)
            , m_key(std::move(key))
        {
        }
        Held(Held&& other) noexcept
            : m_locks(std::exchange(other.m_locks, nullptr))
            , m_key(std::move(other.m_key))
        {
        }
        Held& operator=(Held&&) = delete;
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        ~Held()
        {
            if (m_locks != nullptr)
                m_locks->release(m_key);
        }

    private:
        KeyLocks* m_locks;
        std::string m_key;
    };

    /// Waits for the name; Cancelled when `stop` fires first.
    [[nodiscard]] Result<Held> lock(const std::string& key, std::stop_token stop)
    {
        std::unique_lock guard(m_mutex);
        if (!m_released.wait(guard, std::move(stop), [&] { return !m_keys.contains(key); }))
            return Error(ErrorCode::Cancelled, "cancelled while another build made the same layer");
        m_keys.insert(key);
        return Held(*this, key);
    }

private:
    void release(const std::string& key)
    {
        {
            const std::scoped_lock guard(m_mutex);
            m_keys.erase(key);
        }
        m_released.notify_all();
    }

    std::mutex m_mutex;
    std::condition_variable_any m_released;
    std::set<std::string> m_keys;
};

} // namespace emulator::image
