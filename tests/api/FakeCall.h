// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/rpc/Server.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace support {

/// A call without a network: what was answered can be waited for.
class FakeCall final : public emulator::rpc::Call {
public:
    using Headers = std::vector<std::pair<std::string, std::string>>;

    FakeCall(std::string method, std::string request, Headers headers, bool isPrivate)
        : m_method(std::move(method))
        , m_request(std::move(request))
        , m_headers(std::move(headers))
        , m_private(isPrivate)
    {
    }

    const std::string& method() const override { return m_method; }
    const std::string& request() const override { return m_request; }
    std::string metadata(std::string_view key) const override
    {
        for (const auto& [name, value] : m_headers)
            if (name == key)
                return value;
        return {};
    }
    const Headers& headers() const override { return m_headers; }
    std::int64_t remainingMicros() const override { return -1; }
    emulator::rpc::Origin origin() const override
    {
        return m_private ? emulator::rpc::Origin::Private : emulator::rpc::Origin::Tcp;
    }
    const std::string& authority() const override { return throughTunnel; }
    bool isTunnelled() const override { return !throughTunnel.empty(); }

    void addTrailer(std::string key, std::string value) override
    {
        trailers.emplace_back(std::move(key), std::move(value));
    }
    void write(std::string message) override
    {
        const std::lock_guard lock(m_mutex);
        m_messages.push_back(std::move(message));
        m_changed.notify_all();
    }
    void finish() override { end(std::nullopt); }
    void reply(std::string message) override
    {
        write(std::move(message));
        finish();
    }
    void fail(emulator::Error error) override { end(std::move(error)); }
    void failWithDetails(emulator::Error error, std::string) override { end(std::move(error)); }
    bool cancelled() const override
    {
        const std::lock_guard lock(m_mutex);
        return m_cancelled;
    }
    void onCancel(std::function<void()> action) override { m_onCancel = std::move(action); }

    // ---- for the test ----

    std::string throughTunnel; ///< the authority that a caller from afar uses; empty: from here

    void cancel()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_cancelled = true;
        }
        if (m_onCancel)
            m_onCancel();
    }
    /// Whether it ended within the time.
    [[nodiscard]] bool ended(std::chrono::milliseconds within)
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, within, [this] { return m_ended; });
    }
    [[nodiscard]] std::optional<emulator::Error> error() const
    {
        const std::lock_guard lock(m_mutex);
        return m_error;
    }
    [[nodiscard]] std::vector<std::string> messages() const
    {
        const std::lock_guard lock(m_mutex);
        return m_messages;
    }

    Headers trailers;

private:
    void end(std::optional<emulator::Error> error)
    {
        const std::lock_guard lock(m_mutex);
        m_ended = true;
        m_error = std::move(error);
        m_changed.notify_all();
    }

    const std::string m_method;
    const std::string m_request;
    const Headers m_headers;
    const bool m_private;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<std::string> m_messages;
    std::optional<emulator::Error> m_error;
    std::function<void()> m_onCancel;
    bool m_ended = false;
    bool m_cancelled = false;
};

} // namespace support
