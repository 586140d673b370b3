// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/gpu_device/Bench.h"

#include "emulator/base/Files.h"

#include <QProcess>
#include <QStandardPaths>

namespace tests {

using namespace emulator;
using namespace emulator::gpu;
using namespace emulator::gpu::device;

Bench::Bench(const std::string& text, unsigned threads)
    : m_executor(makeInterpreter({}, threads))
{
    auto created = Memory::create(std::uint64_t {1} << 30U);
    if (!created) {
        error = created.error().message();
        return;
    }
    memory = *std::move(created);
    auto parsed = ptx::parse(text, "test.ptx");
    if (!parsed) {
        error = parsed.error().message();
        return;
    }
    auto loaded = LoadedModule::load({*parsed}, *memory);
    if (!loaded)
        error = loaded.error().message();
    else
        module = *std::move(loaded);
}

std::uint64_t Bench::allocate(std::size_t bytes)
{
    auto allocated = memory->allocate(bytes);
    return allocated ? *allocated : 0;
}

LaunchOutcome Bench::launch(const std::string& kernel, Dim3 grid, Dim3 block,
                            std::string parameters)
{
    LaunchPlan plan;
    plan.module = module;
    plan.kernel = kernel;
    plan.grid = grid;
    plan.block = block;
    plan.dynamicSharedBytes = dynamicShared;
    plan.cooperative = cooperative;
    plan.parameters = std::move(parameters);
    return m_executor->run(
        plan, *memory, [&](std::string_view text) { printed += text; }, stop.get_token());
}

std::string kernelText(const std::string& file)
{
    auto text = readFile(std::string(SLIPWAY_SOURCE_DIR) + "/tests/gpu_device/kernels/" + file);
    return text ? *text : std::string();
}

std::string compileCuda(const std::string& source, const std::string& architecture)
{
    const QString nvcc = QStandardPaths::findExecutable(QStringLiteral("nvcc"));
    if (nvcc.isEmpty())
        return {};
    auto folder = TempDir::create();
    if (!folder)
        return {};
    const auto input = folder->path() / "test.cu";
    const auto output = folder->path() / "test.ptx";
    if (!writeFileAtomically(input, source))
        return {};
    QProcess process;
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(nvcc,
                  {QStringLiteral("-ptx"), QStringLiteral("-lineinfo"),
                   QStringLiteral("-arch=") + QString::fromStdString(architecture),
                   QString::fromStdString(input.string()), QStringLiteral("-o"),
                   QString::fromStdString(output.string())});
    if (!process.waitForFinished(120'000))
        return {};
    auto text = readFile(output);
    return text ? *text : std::string();
}

} // namespace tests
