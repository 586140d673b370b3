// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/driver/Attributes.h"

#include "emulator/gpu/protocol/Occupancy.h"

namespace emulator::gpu::client {
namespace {

/// Limits that are the same on every card from compute capability 7.5 on (CUDA C++ Programming
/// Guide, Technical Specifications per Compute Capability).
bool commonLimit(int attribute, int& value)
{
    switch (attribute) {
    case 1: // max threads per block
    case 2: // max block dim x
    case 3:
        value = 1024;
        return true;
    case 4:
        value = 64;
        return true;
    case 5: // max grid dim x
    case 11: // max pitch
        value = 0x7fffffff;
        return true;
    case 6:
    case 7:
        value = 65535;
        return true;
    case 9: // constant memory
    case 12: // registers per block
        value = 65536;
        return true;
    case 10: // warp size
        value = 32;
        return true;
    case 14: // texture alignment
    case 30: // surface alignment
        value = 512;
        return true;
    case 51: // texture pitch alignment
        value = 32;
        return true;
    case 40: // asynchronous engines
        value = 3;
        return true;
    case 111: // reserved shared memory: see cardFigure
        return false;
    default:
        return false;
    }
}

bool textureLimit(int attribute, int& value)
{
    switch (attribute) {
    case 21: // 1D
    case 22: // 2D width
    case 71: // 2D linear height
    case 55: // surface 1D, layered 1D, 2D …
    case 23:
    case 56:
    case 57:
        value = attribute == 22 || attribute == 57 ? 65536 : 131072;
        if (attribute == 23)
            value = 65536;
        if (attribute == 55)
            value = 32768;
        return true;
    case 70:
        value = 131072;
        return true;
    case 72: // 2D linear pitch
        value = 2097120;
        return true;
    case 69: // 1D linear
        value = 268435456;
        return true;
    case 24:
    case 25:
    case 26: // 3D
    case 58:
    case 59:
    case 60:
        value = 16384;
        return true;
    case 27:
    case 28: // 2D layered
    case 42: // 1D layered
    case 45:
    case 46: // 2D gather
    case 52: // cube map
    case 53:
    case 61:
    case 63:
    case 64:
    case 66:
    case 67:
    case 73:
    case 74: // 2D mip-mapped
    case 77: // 1D mip-mapped
        value = 32768;
        return true;
    case 29:
    case 43: // layers
    case 62:
    case 65:
        value = 2048;
        return true;
    case 47:
    case 48: // 3D alternate
        value = 8192;
        return true;
    case 49:
        value = 32768;
        return true;
    case 54:
    case 68: // cube map layers
        value = 2046;
        return true;
    default:
        return false;
    }
}

/// What the emulated device can do (1) and cannot (0).
bool ability(int attribute, int& value)
{
    switch (attribute) {
    case 15: // overlap of copy and kernel
    case 19: // mapped host memory
    case 31: // concurrent kernels
    case 41: // unified addressing
    case 78: // stream priorities
    case 79:
    case 80: // L1 cache of global and local memory
    case 83: // managed memory
    case 89: // concurrent managed access
    case 90: // compute preemption
    case 95: // cooperative launch
    case 99: // host register
    case 115: // memory pools
        value = 1;
        return true;
    case 17: // kernel timeout
    case 18: // integrated
    case 20: // compute mode: default
    case 34: // PCI device
    case 35: // TCC driver
    case 44: // 2D gather
    case 50: // PCI domain
    case 84: // multi-GPU board
    case 85:
    case 86: // native atomics on host memory
    case 88: // pageable memory access
    case 91: // host pointer of registered memory
    case 92:
    case 93:
    case 94:
    case 96: // cooperative multi-device launch
    case 98: // flush remote writes
    case 100:
    case 101:
    case 102: // virtual memory management
    case 103:
    case 104:
    case 105: // shareable handles
    case 107: // compression
    case 110:
    case 112: // sparse arrays
    case 113:
    case 114:
    case 116: // GPUDirect RDMA
    case 117:
    case 118:
    case 119: // shareable pools
    case 120: // cluster launch
    case 121:
    case 122:
    case 123:
    case 124: // dma-buf
    case 125: // IPC events
    case 127: // tensor maps
    case 128:
    case 129:
    case 130:
    case 132: // multicast
    case 133: // MPS
    case 135:
    case 136:
    case 137:
    case 138:
    case 139:
    case 140:
    case 141:
    case 142:
    case 143:
    case 144:
    case 145:
    case 146:
    case 147:
        value = 0;
        return true;
    case 126: // memory synchronisation domains
        value = 1;
        return true;
    case 131:
    case 134: // NUMA ids
        value = -1;
        return true;
    default:
        return false;
    }
}

bool cardFigure(const protocol::DeviceFigures& figures, int attribute, int& value)
{
    switch (attribute) {
    case 8:
        value = figures.sharedBytesPerBlock;
        return true;
    case 13:
        value = figures.clockKhz;
        return true;
    case 16:
        value = figures.multiprocessors;
        return true;
    case 32:
        value = figures.eccEnabled;
        return true;
    case 33:
        value = figures.pciBus;
        return true;
    case 36:
        value = figures.memoryClockKhz;
        return true;
    case 37:
        value = figures.memoryBusBits;
        return true;
    case 38:
        value = figures.l2Bytes;
        return true;
    case 39:
        value = figures.threadsPerMultiprocessor;
        return true;
    case 75:
        value = figures.computeMajor;
        return true;
    case 76:
        value = figures.computeMinor;
        return true;
    case 81:
        value = figures.sharedBytesPerMultiprocessor;
        return true;
    case 82:
        value = figures.registersPerMultiprocessor;
        return true;
    case 87:
        value = figures.singleToDoubleRatio;
        return true;
    case 97:
        value = figures.sharedBytesPerBlockOptin;
        return true;
    case 106:
        value = figures.blocksPerMultiprocessor;
        return true;
    case 108: // persisting L2: three quarters
        value = figures.computeMajor >= 8 ? figures.l2Bytes / 4 * 3 : 0;
        return true;
    case 109: // access policy window
        value = figures.computeMajor >= 8 ? 128 << 20 : 0;
        return true;
    case 111:
        value = protocol::reservedSharedBytes(figures);
        return true;
    default:
        return false;
    }
}

} // namespace

bool deviceAttribute(const protocol::DeviceFigures& figures, int attribute, int& value)
{
    return cardFigure(figures, attribute, value) || commonLimit(attribute, value)
        || textureLimit(attribute, value) || ability(attribute, value);
}

} // namespace emulator::gpu::client
