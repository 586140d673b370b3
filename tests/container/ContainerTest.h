// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/container/Launcher.h"

#include <QtTest>

#include <string>
#include <string_view>

namespace QTest {
/// So that a failing comparison shows what a container printed.
template<>
inline char* toString(const std::string& text)
{
    return qstrdup(text.c_str());
}
} // namespace QTest

/// The main function of a test that makes containers: it is also their helper.
template<typename Test>
int containerTestMain(int argc, char** argv)
{
    if (argc > 1 && std::string_view(argv[1]) == "--launcher")
        return emulator::container::launcherMain(argc, argv);
    QCoreApplication application(argc, argv);
    Test test;
    return QTest::qExec(&test, argc, argv);
}
