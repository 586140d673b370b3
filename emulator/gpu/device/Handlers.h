// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/device/Code.h"

/// Which handler carries out an instruction; null when the combination of opcode, modifiers and
/// types has none. One function per family, each in the file named after it.
namespace emulator::gpu::device {

[[nodiscard]] Handler integerHandler(const ptx::Instruction& instruction); ///< OpsInteger.cpp
[[nodiscard]] Handler carryHandler(const ptx::Instruction& instruction); ///< OpsCarry.cpp
[[nodiscard]] Handler bitHandler(const ptx::Instruction& instruction); ///< OpsBits.cpp
[[nodiscard]] Handler floatHandler(const ptx::Instruction& instruction); ///< OpsFloat.cpp
[[nodiscard]] Handler roundedHandler(const ptx::Instruction& instruction); ///< OpsRounded.cpp
[[nodiscard]] Handler halfHandler(const ptx::Instruction& instruction); ///< OpsHalf.cpp
[[nodiscard]] Handler compareHandler(const ptx::Instruction& instruction); ///< OpsCompare.cpp
[[nodiscard]] Handler convertHandler(const ptx::Instruction& instruction); ///< OpsConvert.cpp
[[nodiscard]] Handler memoryHandler(const ptx::Instruction& instruction); ///< OpsMemory.cpp
[[nodiscard]] Handler atomicHandler(const ptx::Instruction& instruction); ///< OpsAtomic.cpp
[[nodiscard]] Handler warpHandler(const ptx::Instruction& instruction); ///< OpsWarp.cpp
[[nodiscard]] Handler controlHandler(const ptx::Instruction& instruction); ///< OpsControl.cpp
[[nodiscard]] Handler specialHandler(); ///< OpsSpecial.cpp: imm = Special, target = envreg
/// Copies a row of `from` octets a lane to one of `to`: cut, or extended with zeros or sign.
[[nodiscard]] Handler resizeHandler(std::uint32_t from, std::uint32_t to, bool withSign);
/// d = imm + the address of the frame's local variables.
[[nodiscard]] Handler localAddressHandler(std::uint32_t size);
/// d = a, rows of the same size; size 0: predicates (negatedC: the opposite).
[[nodiscard]] Handler copyHandler(std::uint32_t size);
/// Halves of a row: d = lanes' value a shifted right by imm bits; and the reverse, from a list.
[[nodiscard]] Handler packHandler();
[[nodiscard]] Handler unpackHandler();

} // namespace emulator::gpu::device
