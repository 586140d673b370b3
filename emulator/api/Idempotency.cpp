// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Idempotency.h"

namespace emulator::api {

Idempotency::Verdict Idempotency::admit(const std::shared_ptr<Exchange>& exchange,
                                        const std::string& method)
{
    const auto key = exchange->idempotencyKey();
    if (key.empty())
        return Verdict::Proceed;
    const store::ReplyKey replyKey {exchange->caller().principal, method, key};
    auto& plane = exchange->plane();
    auto stored = plane.strand().keep(plane.replies().find(replyKey));
    if (!stored)
        return Verdict::Answered; // the batch is doomed, and the caller is told with it
    if (*stored) {
        exchange->replyBytes(std::move(**stored));
        return Verdict::Answered;
    }
    const auto joined = replyKey.joined();
    if (const auto first = m_underWay.find(joined); first != m_underWay.end()) {
        first->second.push_back(exchange);
        return Verdict::Answered;
    }
    m_underWay[joined];
    exchange->rememberAs(replyKey, [this, joined](const std::string* reply, const Error* error) {
        const auto first = m_underWay.find(joined);
        if (first == m_underWay.end())
            return;
        const auto waiting = std::move(first->second);
        m_underWay.erase(first);
        // This runs between two batches; the answers go with the next.
        for (const auto& other : waiting) {
            auto& strand = other->plane().strand();
            if (reply != nullptr)
                strand.post([other, bytes = *reply] { other->replyBytes(bytes); });
            else
                strand.post([other, failure = *error] { other->fail(failure); });
        }
    });
    return Verdict::Proceed;
}

} // namespace emulator::api
