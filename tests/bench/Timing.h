// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Json.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bench {

/// Runs contestants in turn, round by round, so that what the machine does besides hits all alike,
/// and gives the median and 95th percentile of each in milliseconds.
class Race {
public:
    /// `run` returns false when it did not work; that contestant is then left out, by name.
    void add(const std::string& name, std::function<bool()> run)
    {
        m_contestants.emplace_back(name, std::move(run));
    }

    [[nodiscard]] emulator::Json measure(int rounds, const std::string& baseline)
    {
        std::map<std::string, std::vector<double>> times;
        std::vector<std::string> failed;
        for (int round = 0; round < rounds; ++round)
            for (const auto& [name, run] : m_contestants) {
                const auto begun = std::chrono::steady_clock::now();
                const bool worked = run();
                const std::chrono::duration<double, std::milli> spent
                    = std::chrono::steady_clock::now() - begun;
                if (worked)
                    times[name].push_back(spent.count());
                else if (std::ranges::find(failed, name) == failed.end())
                    failed.push_back(name);
            }
        emulator::Json result = emulator::Json::object();
        const auto median = [](std::vector<double> values) {
            std::ranges::sort(values);
            return values[values.size() / 2];
        };
        const double base = times.contains(baseline) ? median(times[baseline]) : 0;
        for (auto& [name, values] : times) {
            std::ranges::sort(values);
            const double p50 = median(values);
            result[name] = {{"p50_ms", round2(p50)},
                            {"p95_ms", round2(values[values.size() * 95 / 100])},
                            {"ratio", base > 0 ? round2(p50 / base) : 0},
                            {"count", values.size()}};
        }
        if (!failed.empty())
            result["did_not_run"] = failed;
        return result;
    }

private:
    static double round2(double value)
    {
        return static_cast<double>(static_cast<long long>(value * 100 + 0.5)) / 100;
    }

    std::vector<std::pair<std::string, std::function<bool()>>> m_contestants;
};

} // namespace bench
