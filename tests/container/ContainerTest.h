// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/container/Launcher.h"

#include <QtTest>

#include <string_view>

/// QTEST_GUILESS_MAIN for a test that makes containers: it is also their helper.
#define CONTAINER_TEST_MAIN(Test)                                                                  \
    int main(int argc, char** argv)                                                                \
    {                                                                                              \
        if (argc > 1 && std::string_view(argv[1]) == "--launcher")                                 \
            return emulator::container::launcherMain(argc, argv);                                  \
        QCoreApplication application(argc, argv);                                                  \
        Test test;                                                                                 \
        return QTest::qExec(&test, argc, argv);                                                    \
    }
