// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/api/Exchange.h"
#include "emulator/api/UnknownFields.h"
#include "emulator/model/Studio.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::api {

/// Who may call a method.
enum class Access {
    Anyone, ///< a client with the token, or a container
    Container, ///< only through a task's socket
    Worker, ///< the worker on the private socket, or a replica
    Private, ///< the command line and the window, on the private socket
};

/// Whether a repetition under the same idempotency key must get the stored answer.
enum class Repeat {
    Harmless, ///< doing it twice is doing it once
    Once,
};

/// One method that is served.
struct Method {
    /// A decoded request, ready to run on the strand.
    struct Decoded {
        std::function<void(const std::shared_ptr<Exchange>&)> run;
        std::vector<std::string> unknown; ///< fields
    };

    std::string name; ///< "AppCreate"
    Access access = Access::Anyone;
    Repeat repeat = Repeat::Harmless;
    std::function<Result<Decoded>(const std::string& request)> decode; ///< on any thread
    std::atomic<std::uint64_t> calls {0};
    std::atomic<std::uint64_t> errors {0};
};

/// The table method name → handler. Filled once, then only read; the counters are atomic.
class Methods {
public:
    /// Requests are decoded where they arrive; `handler` runs on the strand.
    /// For unary calls: Result<Response>(Exchange&, const Request&).
    template<typename Request, typename Handler>
    void unary(std::string_view name, Repeat repeat, Handler handler,
               Access access = Access::Anyone)
    {
        parked<Request>(
            name,
            [handler](const std::shared_ptr<Exchange>& exchange, const Request& request) {
                auto response = handler(*exchange, request);
                if (response)
                    exchange->reply(*response);
                else
                    exchange->fail(std::move(response).error());
            },
            access, repeat);
    }

    /// For polls and streams: void(const std::shared_ptr<Exchange>&, const Request&), which answers
    /// now or later.
    template<typename Request, typename Handler>
    void parked(std::string_view name, Handler handler, Access access = Access::Anyone,
                Repeat repeat = Repeat::Harmless)
    {
        auto& method = add(name, access, repeat);
        method.decode = [handler](const std::string& bytes) -> Result<Method::Decoded> {
            auto request = std::make_shared<Request>();
            if (!request->ParseFromString(bytes))
                return Error(ErrorCode::Invalid,
                             "the request is not a " + request->GetDescriptor()->name());
            return Method::Decoded {
                [handler, request](const auto& exchange) { handler(exchange, *request); },
                unknownFields(*request)};
        };
    }

    /// The method of a path like "/modal.client.ModalClient/AppCreate"; null when it is not served.
    [[nodiscard]] Method* find(std::string_view path);

    /// Counts a call of a method that is not served and says so in words for the user.
    [[nodiscard]] Error refuse(std::string_view path, std::string_view clientVersion);

    /// Every method of the client's protocol, then ours, with its counters.
    [[nodiscard]] std::vector<model::MethodSummary> table() const;

private:
    Method& add(std::string_view name, Access access, Repeat repeat);

    std::map<std::string, std::unique_ptr<Method>, std::less<>> m_methods; ///< by path
    mutable std::mutex m_mutex;
    std::map<std::string, std::uint64_t, std::less<>> m_refused; ///< under the mutex
};

} // namespace emulator::api
