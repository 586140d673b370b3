// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/tunnel/Ssh.h"

#include <chrono>
#include <functional>
#include <string>

namespace remote::tunnel {

/// What one step of setting up a target or of looking at it came to.
struct Step {
    enum class State { Ok, Failed, Skipped };

    std::string name; ///< "ssh", "host", "programs", "settings", "control plane", …
    State state = State::Ok;
    std::string text; ///< what was found
    std::string fix; ///< of a failure: what to do
    double seconds = 0;
};

/// Tells of each step as it ends. One thread.
class Steps {
public:
    using Tell = std::function<void(const Step&)>;

    explicit Steps(Tell tell)
        : m_tell(std::move(tell))
    {
    }

    void begin(std::string name)
    {
        m_name = std::move(name);
        m_begun = std::chrono::steady_clock::now();
    }
    void ok(std::string text) { end({m_name, Step::State::Ok, std::move(text), {}}); }
    void skip(std::string text) { end({m_name, Step::State::Skipped, std::move(text), {}}); }
    /// False, to be returned.
    bool fail(std::string text, std::string fix)
    {
        end({m_name, Step::State::Failed, std::move(text), std::move(fix)});
        return false;
    }
    bool fail(const Fault& fault) { return fail(fault.text, fault.fix); }

private:
    void end(Step step)
    {
        step.seconds
            = std::chrono::duration<double>(std::chrono::steady_clock::now() - m_begun).count();
        m_tell(step);
    }

    Tell m_tell;
    std::string m_name;
    std::chrono::steady_clock::time_point m_begun;
};

} // namespace remote::tunnel
