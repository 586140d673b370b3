// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/models/LogFilter.h"
#include "app/models/LogModel.h"
#include "app/shell/MainWindow.h"
#include "app/widgets/Icons.h"
#include "tests/gui/FakeDaemon.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QStandardPaths>

#include <cstdio>
#include <string>

/// Measures the window's budgets and prints them as JSON: first paint, log ingest, filters.
namespace {

constexpr int lineCount = 1'000'000;
constexpr int batch = 1000;

double firstPaintMs()
{
    QElapsedTimer timer;
    timer.start();
    app::shell::MainWindow window({{}, std::make_shared<FakeDaemon>(), {}, {}});
    window.begin();
    window.show();
    QApplication::processEvents();
    window.grab();
    return static_cast<double>(timer.nsecsElapsed()) / 1e6;
}

double ingestPerSecond(app::models::LogModel& model)
{
    std::vector<std::string> texts;
    for (int i = 0; i < batch; ++i)
        texts.push_back(
            "step=" + std::to_string(i)
            + (i % 100 == 7 ? " Error: loss is nan" : " loss=0.0278 lr=3e-4 gpu_mem=4101 MiB"));
    QElapsedTimer timer;
    timer.start();
    for (int done = 0; done < lineCount; done += batch) {
        std::vector<app::models::LogInput> lines;
        lines.reserve(batch);
        for (int i = 0; i < batch; ++i)
            lines.push_back({done + i, "ta-bench", 1, texts[static_cast<std::size_t>(i)]});
        model.append(lines);
        if (done % 10'000 == 0)
            QApplication::processEvents();
    }
    model.flush();
    return lineCount / (static_cast<double>(timer.nsecsElapsed()) / 1e9);
}

double filterMs(app::models::LogModel& model, const app::models::LogFilter::Pattern& pattern)
{
    app::models::LogFilter filter(model.store());
    QEventLoop loop;
    QObject::connect(&filter, &app::models::LogFilter::finished, &loop, &QEventLoop::quit);
    QElapsedTimer timer;
    timer.start();
    filter.setPattern(pattern);
    loop.exec();
    return static_cast<double>(timer.nsecsElapsed()) / 1e6;
}

} // namespace

int main(int argc, char** argv)
{
    QStandardPaths::setTestModeEnabled(true);
    QElapsedTimer process;
    process.start();
    QApplication application(argc, argv);
    app::widgets::loadResources();
    const double toApplication = static_cast<double>(process.nsecsElapsed()) / 1e6;
    const double paint = firstPaintMs();
    app::models::LogModel model(nullptr, lineCount + 10'000);
    const double ingest = ingestPerSecond(model);
    const double substring = filterMs(model, {QStringLiteral("error:"), false, false});
    const double expression = filterMs(model, {QStringLiteral("loss is \\w+$"), true, false});
    std::printf(
        "{\"firstPaintMs\": %.1f, \"applicationMs\": %.1f, \"ingestLinesPerSecond\": %.0f, "
        "\"filterSubstringMs\": %.1f, \"filterExpressionMs\": %.1f, \"logMemoryMiB\": %.1f}\n",
        paint, toApplication, ingest, substring, expression,
        static_cast<double>(model.store()->memory()) / 1048576.0);
    return 0;
}
