// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/UniqueFd.h"
#include "remote/tunnel/Streams.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <stop_token>
#include <vector>

namespace remote::tunnel {

/// Any number of byte streams over one socket. Each stream ends in a socket of this machine: at the
/// opening end one that was accepted, at the other one that was connected to a service.
///
/// run() does all the work on its caller's thread; open() and roundTrip() are thread-safe.
class Mux {
public:
    struct Options {
        Streams::Side side = Streams::Side::Opens;
        std::string hello; ///< JSON, for the other end

        /// The accepting end: a socket to a service, non-blocking (it may still be connecting).
        std::function<emulator::Result<emulator::UniqueFd>(const std::string& service)> connect;

        /// What the other end said about itself; an error ends the line.
        std::function<emulator::Result<>(const std::string& hello)> onHello;

        std::chrono::milliseconds beat {2'500}; ///< a sign of life at least this often
        std::chrono::milliseconds patience {9'000}; ///< silence for longer is the end
        std::chrono::milliseconds firstPatience {45'000}; ///< the same before the greeting
        Streams::Limits limits;
    };

    Mux(emulator::UniqueFd line, Options options);

    /// Carries streams until the line ends, and says why. Cancelled when `stop` fires.
    [[nodiscard]] emulator::Error run(const std::stop_token& stop);

    /// Opens a stream to a service; `local` is closed when it ends. Dropped after run() has ended.
    void open(std::string service, emulator::UniqueFd local);

    /// What a login shell has printed before the greeting; after run().
    [[nodiscard]] const std::string& noise() const { return m_reader.noise(); }

    /// The latest measured time there and back; 0 before the first.
    [[nodiscard]] std::chrono::microseconds roundTrip() const
    {
        return std::chrono::microseconds(m_roundTrip.load());
    }

    Mux(const Mux&) = delete;
    Mux& operator=(const Mux&) = delete;
    ~Mux() = default;

private:
    using Time = std::chrono::steady_clock::time_point;

    /// One stream's socket on this machine.
    struct Local {
        emulator::UniqueFd socket;
        std::string pending; ///< from the line, not written yet; at most a window
        bool ended = false; ///< nothing more will come from the line
        bool shut = false; ///< its writing half is shut
    };
    struct Opening {
        std::string service;
        emulator::UniqueFd local;
    };
    struct Waits;

    void takeOpenings();
    void send(const Frame& frame);
    void beat(Time now);
    void reset(std::uint32_t id, std::string reason);

    [[nodiscard]] emulator::Result<> readLine();
    [[nodiscard]] emulator::Result<> writeLine();
    [[nodiscard]] emulator::Result<> handle(Frame frame);
    [[nodiscard]] emulator::Result<> checkPatience(Time now) const;
    void accept(std::uint32_t id, const std::string& service);
    void readLocal(std::uint32_t id);
    void writeLocal(std::uint32_t id);
    void dropIfFinished(std::uint32_t id);
    [[nodiscard]] Waits gatherWaits() const;
    [[nodiscard]] emulator::Result<> turn();

    const Options m_options;
    emulator::UniqueFd m_line;
    emulator::UniqueFd m_wake;
    Streams m_streams;
    FrameReader m_reader;
    std::string m_outgoing;
    std::map<std::uint32_t, Local> m_locals;
    std::uint32_t m_firstServed = 0; ///< where the next round over the streams starts
    Time m_lastBeat;
    Time m_lastHeard;
    std::atomic<std::int64_t> m_roundTrip {0};

    std::mutex m_mutex;
    std::vector<Opening> m_openings; ///< under the mutex
};

} // namespace remote::tunnel
