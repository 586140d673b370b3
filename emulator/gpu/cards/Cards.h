// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::gpu::cards {

/// The public figures of one NVIDIA card: what its device attributes, NVML answers and limits are
/// taken from, and what forecasts rest on. Rates are dense (no sparsity), at the boost clock.
struct Card {
    std::string id; ///< as written in gpu="…": "H100", "A100-80GB"
    std::string name; ///< as cuDeviceGetName says it
    std::string architecture;
    std::string source; ///< where the figures are published
    int computeMajor = 0;
    int computeMinor = 0;
    int multiprocessors = 0;
    int boostMhz = 0;
    int memoryClockMhz = 0;
    int memoryBusBits = 0;
    std::uint64_t memoryBytes = 0; ///< what cuMemGetInfo calls the total
    double memoryGigabytesPerSecond = 0; ///< 10^9
    std::uint64_t l2Bytes = 0;
    int sharedBytesPerMultiprocessor = 0;
    int sharedBytesPerBlock = 49152;
    int sharedBytesPerBlockOptin = 0;
    int registersPerMultiprocessor = 65536;
    int threadsPerMultiprocessor = 0;
    int blocksPerMultiprocessor = 0;
    int singleToDoubleRatio = 0; ///< FP32 rate over FP64 rate
    bool ecc = false;
    int pcieGeneration = 0;
    int pcieLanes = 16;
    int nvlinkGigabytesPerSecond = 0; ///< both directions together; 0: none
    int powerWatts = 0;
    std::map<std::string, double> teraflops; ///< "fp32", "fp64", "tf32", "fp16", "fp8", "int8", …
};

/// What gpu="…" asks for: a card and how many of it.
struct CardRequest {
    std::string id; ///< a catalogue id; empty: any card will do
    int count = 1;
    bool exact = false; ///< "H100!": no better card instead
};

/// The cards that can be emulated. Immutable, so thread-safe.
class Catalogue {
public:
    /// Reads the text of resources/gpus.json. Invalid, naming the card and the field.
    [[nodiscard]] static Result<Catalogue> parse(std::string_view json);

    /// Reads the file at `path`.
    [[nodiscard]] static Result<Catalogue> read(const std::string& path);

    /// The catalogue that was compiled in.
    [[nodiscard]] static Result<Catalogue> builtIn();

    [[nodiscard]] const std::vector<Card>& cards() const { return m_cards; }

    /// Understands the spellings of the Modal API: "H100", "h100!", "A100" (the 40 GB card),
    /// "A10G", "any", each with ":2". NotFound lists the known cards, Invalid names a bad count.
    [[nodiscard]] Result<CardRequest> request(std::string_view text) const;

    /// The card of an id or any accepted spelling without a count.
    [[nodiscard]] Result<Card> card(std::string_view name) const;

private:
    std::vector<Card> m_cards;
    std::map<std::string, std::string> m_aliases; ///< lower case → id
};

} // namespace emulator::gpu::cards
