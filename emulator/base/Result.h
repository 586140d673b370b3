// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cassert>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace emulator {

/// The kind of an error; maps one to one to a gRPC status (rpc/Status.h).
enum class ErrorCode {
    Invalid,
    NotFound,
    AlreadyExists,
    FailedPrecondition,
    Denied,
    Unauthenticated,
    Unsupported,
    Unavailable,
    Cancelled,
    Exhausted,
    Io,
    Internal,
};

/// What went wrong, in words a user may read.
class Error {
public:
    Error(ErrorCode code, std::string message)
        : m_code(code)
        , m_message(std::move(message))
    {
    }

    [[nodiscard]] ErrorCode code() const { return m_code; }
    [[nodiscard]] const std::string& message() const { return m_message; }

    /// Puts what was being attempted before the reason: "push image: connection refused".
    [[nodiscard]] Error within(std::string_view attempt) &&
    {
        m_message.insert(0, std::string(attempt) + ": ");
        return std::move(*this);
    }

private:
    ErrorCode m_code;
    std::string m_message;
};

struct Nothing { };

/// A value, or the Error that kept it from being made. Spelled like std::expected, which takes
/// its place once every compiler we use has it.
template<typename T = Nothing>
class [[nodiscard]] Result {
public:
    Result()
        requires std::same_as<T, Nothing>
    = default;
    Result(T value) // NOLINT(google-explicit-constructor)
        : m_state(std::move(value))
    {
    }
    Result(Error error) // NOLINT(google-explicit-constructor)
        : m_state(std::move(error))
    {
    }

    explicit operator bool() const { return std::holds_alternative<T>(m_state); }

    T& operator*() & { return get<T>(m_state); }
    const T& operator*() const& { return get<T>(m_state); }
    T&& operator*() && { return std::move(get<T>(m_state)); }
    T* operator->() { return &get<T>(m_state); }
    const T* operator->() const { return &get<T>(m_state); }

    [[nodiscard]] const Error& error() const& { return get<Error>(m_state); }
    [[nodiscard]] Error&& error() && { return std::move(get<Error>(m_state)); }

private:
    template<typename Wanted, typename State>
    static auto& get(State& state)
    {
        auto* held = std::get_if<Wanted>(&state);
        assert(held != nullptr);
        return *held;
    }

    std::variant<T, Error> m_state;
};

} // namespace emulator

#define TRY_JOIN_(a, b) a##b
#define TRY_JOIN(a, b) TRY_JOIN_(a, b)

/// Returns the error of `expression` from the enclosing function, if it has one.
#define TRY(expression)                                                                            \
    do {                                                                                           \
        if (auto tried = (expression); !tried)                                                     \
            return std::move(tried).error();                                                       \
    } while (false)

/// TRY, then defines or assigns `target` from the value.
#define TRY_ASSIGN(target, expression)                                                             \
    auto TRY_JOIN(tried, __LINE__) = (expression);                                                 \
    if (!TRY_JOIN(tried, __LINE__))                                                                \
        return std::move(TRY_JOIN(tried, __LINE__)).error();                                       \
    target = *std::move(TRY_JOIN(tried, __LINE__))
