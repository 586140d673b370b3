// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// run_on_gpu [--card CARD] PROGRAM ARGS…: what `slip gpu exec` does, from the build tree.

#include "emulator/gpu/server/ProgramRun.h"

#include <cstdio>
#include <string>

int main(int argc, char** argv)
{
    const std::string build = SLIPWAY_BINARY_DIR;
    emulator::gpu::server::ProgramRunOptions options;
    options.parts = {build + "/bin/slipway-gpud", build + "/lib/gpu", build + "/lib/gpu/bin"};
    int at = 1;
    if (argc > 2 && std::string(argv[1]) == "--card") {
        options.card = argv[2];
        at = 3;
    }
    options.argv.assign(argv + at, argv + argc);
    const auto code = emulator::gpu::server::runOnEmulatedGpu(options);
    if (code)
        return *code;
    std::fprintf(stderr, "%s\n", code.error().message().c_str());
    return 125;
}
