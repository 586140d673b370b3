// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>

/// The commands, as they lie in the ring: a Header, then the struct of its kind, then (for some)
/// octets that follow it. All are plain data. "Answers at once" means without waiting for a stream.
namespace emulator::gpu::protocol {

enum class Kind : std::uint16_t {
    QueryDevice, ///< Ordinal → DeviceFigures
    QueryUsage, ///< Ordinal → Usage
    QueryProcesses, ///< Ordinal → array of Process
    CreateContext, ///< Ordinal → Handle
    DestroyContext, ///< the header's context
    LoadModule, ///< LoadModule and one descriptor on the socket → Handle, or the log as text
    UnloadModule, ///< Handle
    FindFunction, ///< Named → Function
    FunctionAt, ///< Indexed → Function
    FindVariable, ///< Named → Range
    Allocate, ///< Allocate → Handle (an address)
    Free, ///< Handle (an address)
    FreeOnStream, ///< OnStream (value: an address)
    ShareHost, ///< ShareHost and one descriptor on the socket
    UnshareHost, ///< Handle (an address)
    FindAllocation, ///< Handle (an address) → AllocationInfo
    Drain, ///< Drain: answers when the stream got here and the ranges are valid
    Copy, ///< Copy: checked and answered at once, done on the stream
    CopyInline, ///< CopyInline, then its octets: checked and answered at once, done on the stream
    Fill, ///< Fill: checked and answered at once, done on the stream
    CreateStream, ///< CreateStream → Handle
    DestroyStream, ///< Handle
    SynchronizeStream, ///< OnStream
    QueryStream, ///< OnStream: NOT_READY while work is queued
    WaitEvent, ///< OnStream (value: an event); no answer
    CreateEvent, ///< → Handle
    DestroyEvent, ///< Handle
    RecordEvent, ///< OnStream (value: an event); no answer
    SynchronizeEvent, ///< Handle
    QueryEvent, ///< Handle
    ElapsedTime, ///< Elapsed → double, milliseconds
    SynchronizeContext, ///< waits for every stream of the header's context
    Launch, ///< Launch, then the parameter buffer; no answer
    HostCall, ///< OnStream (value: a token that comes back in Channel::callbacks); no answer
    HostCallDone, ///< Handle (the token); no answer
    FetchText, ///< → Text, then its octets
    Count,
};

struct Header {
    std::uint32_t size = 0; ///< of the message with this header, a multiple of 8
    Kind kind = Kind::Count;
    std::uint16_t slot = 0xffff;
    std::uint64_t context = 0;
};

struct Ordinal {
    std::uint64_t device = 0;
};

struct Handle {
    std::uint64_t value = 0;
};

struct OnStream {
    std::uint64_t stream = 0; ///< 0: the context's legacy default stream
    std::uint64_t value = 0;
};

/// What the driver API, the runtime and NVML tell about a device.
struct DeviceFigures {
    std::array<char, 64> name {};
    std::array<char, 32> card {}; ///< the catalogue's id: "H100"
    std::array<std::uint8_t, 16> uuid {};
    std::uint64_t memoryBytes = 0;
    std::int32_t computeMajor = 0;
    std::int32_t computeMinor = 0;
    std::int32_t multiprocessors = 0;
    std::int32_t clockKhz = 0;
    std::int32_t memoryClockKhz = 0;
    std::int32_t memoryBusBits = 0;
    std::int32_t l2Bytes = 0;
    std::int32_t sharedBytesPerMultiprocessor = 0;
    std::int32_t sharedBytesPerBlock = 0;
    std::int32_t sharedBytesPerBlockOptin = 0;
    std::int32_t registersPerMultiprocessor = 0;
    std::int32_t threadsPerMultiprocessor = 0;
    std::int32_t blocksPerMultiprocessor = 0;
    std::int32_t pcieGeneration = 0;
    std::int32_t pcieLanes = 0;
    std::int32_t nvlinkGigabytesPerSecond = 0;
    std::int32_t powerWatts = 0;
    std::int32_t pciBus = 0;
    std::int32_t singleToDoubleRatio = 2;
    std::int32_t eccEnabled = 0;
};

/// What a device did, since gpud started; a reader takes differences.
struct Usage {
    std::uint64_t memoryUsed = 0;
    std::uint64_t memoryTotal = 0;
    std::uint64_t kernels = 0; ///< launches that ended
    std::uint64_t busyMicroseconds = 0; ///< wall time during which at least one kernel ran
    std::uint64_t nowMicroseconds = 0; ///< of the same clock
    std::uint64_t threadInstructions = 0;
    std::uint64_t faults = 0;
    std::uint32_t running = 0; ///< kernels at this moment
    std::uint32_t processes = 0;
};

struct Process {
    std::uint32_t pid = 0;
    std::uint32_t reserved = 0;
    std::uint64_t memoryUsed = 0;
    std::array<char, 48> program {};
};

struct LoadModule {
    std::uint64_t size = 0; ///< of the image in the descriptor that comes with it
    std::array<char, 64> name {}; ///< what messages call it
};

struct Named {
    std::uint64_t module = 0;
    std::uint32_t nameSize = 0; ///< the name follows
    std::uint32_t reserved = 0;
};

struct Indexed {
    std::uint64_t module = 0;
    std::uint64_t index = 0;
};

struct Parameter {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
};

inline constexpr std::uint32_t parameterLimit = 800;

/// A kernel. Its parameters (parameterCount of Parameter), then its name (nameSize) follow.
struct Function {
    std::uint64_t handle = 0;
    std::uint32_t parameterCount = 0;
    std::uint32_t parameterBytes = 0;
    std::uint32_t staticSharedBytes = 0;
    std::uint32_t localBytes = 0;
    std::uint32_t constantBytes = 0;
    std::uint32_t registers = 0;
    std::uint32_t maxThreadsPerBlock = 0;
    std::uint32_t nameSize = 0;
};

struct Range {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
};

enum class AllocationKind : std::uint32_t { Device, Managed, Host };

struct Allocate {
    std::uint64_t size = 0;
    AllocationKind kind = AllocationKind::Device;
    std::uint32_t reserved = 0;
};

struct ShareHost {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
};

struct AllocationInfo {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::uint64_t context = 0; ///< 0: of another client
    std::uint64_t device = 0;
    std::uint64_t serial = 0; ///< never used twice: CU_POINTER_ATTRIBUTE_BUFFER_ID
    AllocationKind kind = AllocationKind::Device;
    std::uint32_t reserved = 0;
};

/// Ranges of device memory that the client is about to read or write itself.
struct Drain {
    std::uint64_t stream = 0;
    Range first; ///< size 0: none
    Range second;
};

/// A box of `width` octets × `height` rows × `depth` slices.
struct Copy {
    std::uint64_t stream = 0;
    std::uint64_t destination = 0;
    std::uint64_t source = 0;
    std::uint64_t width = 0;
    std::uint64_t height = 1;
    std::uint64_t depth = 1;
    std::uint64_t destinationPitch = 0;
    std::uint64_t sourcePitch = 0;
    std::uint64_t destinationSlice = 0;
    std::uint64_t sourceSlice = 0;
};

struct CopyInline {
    std::uint64_t stream = 0;
    std::uint64_t destination = 0;
    std::uint64_t size = 0; ///< octets that follow
};

struct Fill {
    std::uint64_t stream = 0;
    std::uint64_t destination = 0;
    std::uint64_t pitch = 0;
    std::uint64_t width = 0; ///< elements in a row
    std::uint64_t height = 1;
    std::uint32_t value = 0;
    std::uint32_t elementSize = 1; ///< 1, 2 or 4
};

enum class StreamOrder : std::uint32_t { Blocking, NonBlocking };

struct CreateStream {
    StreamOrder order = StreamOrder::Blocking;
    std::int32_t priority = 0;
};

struct Elapsed {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
};

struct Launch {
    std::uint64_t stream = 0;
    std::uint64_t function = 0;
    std::array<std::uint32_t, 3> grid {};
    std::array<std::uint32_t, 3> block {};
    std::uint32_t dynamicSharedBytes = 0;
    std::uint32_t cooperative = 0;
    std::uint64_t heapBytes = 0;
    std::uint64_t parameterBytes = 0; ///< octets that follow
};

enum class TextTarget : std::uint32_t { None, Output, Error };

struct Text {
    TextTarget target = TextTarget::None;
    std::uint32_t size = 0; ///< octets that follow; more may be waiting
};

} // namespace emulator::gpu::protocol
