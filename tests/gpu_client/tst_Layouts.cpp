// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/runtime/Properties.h"

#include <QtTest>

#if __has_include(<cuda_runtime_api.h>)
#include <cuda_runtime_api.h>
#define HAVE_TOOLKIT 1
#endif

/// Our declarations of NVIDIA's structures against the toolkit's headers, where they are.
class TestLayouts : public QObject {
    Q_OBJECT

private slots:
    void devicePropertiesOf13();
};

void TestLayouts::devicePropertiesOf13()
{
#if defined(HAVE_TOOLKIT) && CUDART_VERSION >= 13000
    using Ours = emulator::gpu::client::DeviceProperties13;
    QCOMPARE(sizeof(Ours), sizeof(cudaDeviceProp));
#define SAME(field) QCOMPARE(offsetof(Ours, field), offsetof(cudaDeviceProp, field))
    SAME(totalGlobalMem);
    SAME(maxGridSize);
    SAME(multiProcessorCount);
    SAME(maxTexture3DAlt);
    SAME(surfaceAlignment);
    SAME(memoryBusWidth);
    SAME(sharedMemPerMultiprocessor);
    SAME(sharedMemPerBlockOptin);
    SAME(reservedSharedMemPerBlock);
    SAME(unifiedFunctionPointers);
    SAME(hostNumaMultinodeIpcSupported);
    SAME(reserved);
#else
    QSKIP("no CUDA 13 toolkit to compare with");
#endif
}

QTEST_APPLESS_MAIN(TestLayouts)
#include "tst_Layouts.moc"
