// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

/// Where the spaces that are not global memory appear among generic addresses (PTX ISA 5.1): below
/// anything the kernel of the host maps for us, above what a 32-bit value can hold.
namespace emulator::gpu::device::window {

constexpr std::uint64_t begin = std::uint64_t {1} << 32U;
constexpr std::uint64_t shared = begin;
constexpr std::uint64_t sharedSize = std::uint64_t {1} << 24U;
constexpr std::uint64_t local = std::uint64_t {2} << 32U;
constexpr std::uint64_t localSize = std::uint64_t {1} << 24U;
constexpr std::uint64_t parameter = std::uint64_t {3} << 32U;
constexpr std::uint64_t parameterSize = std::uint64_t {1} << 32U;
/// A function's address: not memory, only good for calling.
constexpr std::uint64_t function = std::uint64_t {4} << 32U;
constexpr std::uint64_t functionStep = 16;
constexpr std::uint64_t end = std::uint64_t {5} << 32U;

/// Parameter space holds two areas: the launch's buffer, and from here on the frame's own.
constexpr std::uint64_t frameParameters = std::uint64_t {1} << 31U;

} // namespace emulator::gpu::device::window
