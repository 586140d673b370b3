// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/client/Background.h"
#include "app/models/AppOutlineModel.h"
#include "app/pages/EditorArea.h"
#include "app/shell/CommandRegistry.h"
#include "app/shell/MainWindow.h"
#include "app/shell/RunBar.h"
#include "app/widgets/CodeEditor.h"
#include "app/widgets/Icons.h"
#include "app/widgets/LogPanel.h"
#include "app/widgets/ValueView.h"

#include <QAbstractButton>
#include <QBuffer>
#include <QComboBox>
#include <QDateTime>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QPainter>
#include <QProcess>
#include <QStackedWidget>
#include <QTemporaryDir>
#include <QTreeView>
#include <QtTest>

#include <memory>

#include "FakeDaemon.h"

namespace em = emulator::model;

/// The real window with a daemon of values and a `slip` that is a shell script: each state of a
/// run leaves a picture in BUILD/screenshots.
class TestWindow : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanup();
    void showsWelcome();
    void opensAProject();
    void showsARunWithLogsAndResult();
    void stopsARun();
    void takesUpARunAfterTheWindow();
    void listsProblems();
    void namesTheLineOfAFailedBuild();
    void offersCardsOfASimilarName();
    void showsFailureOfAFunction();
    void survivesTheDaemon();
    void restoresTheSession();
    void findsCommands();
    void showsPages();
    void refusesWrongArguments();
    void namesEveryWidget();
    void doublesNoShortcut();

private:
    void write(const QString& path, const QString& text);
    void makeWindow();
    void openProject();
    void startRun(const QString& script);
    QString runId() { return m_window->session()->request().runId; }
    void fillRun(bool finished);
    void shoot(const QString& name);
    template<typename T>
    T* find(const char* name)
    {
        return m_window->findChild<T*>(QLatin1String(name));
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::shared_ptr<FakeDaemon> m_daemon;
    std::unique_ptr<app::shell::MainWindow> m_window;
};

namespace {

const char* const appSource = R"(import modal

app = modal.App("fractal")
image = modal.Image.debian_slim(python_version="3.11").pip_install("numpy")
results = modal.Volume.from_name("results", create_if_missing=True)


@app.function(gpu="H100", image=image, volumes={"/results": results})
def fractal(width: int = 640, height: int = 400, depth: int = 256) -> bytes:
    """Renders the set on an emulated card and gives a PNG."""
    from kernels import mandelbrot

    rows = mandelbrot(width, height, depth)
    for step in range(0, height, 64):
        print(f"row {step} of {height}")
    return encode_png(rows)


@app.function(image=image)
def statistics(count: int) -> list[dict]:
    return [{"n": i, "square": i * i} for i in range(count)]


@app.cls(gpu="A100", image=image)
class Painter:
    @modal.enter()
    def load(self):
        self.palette = make_palette()

    @modal.method()
    def paint(self, seed: int = 7) -> bytes:
        return encode_png(self.palette(seed))


@app.local_entrypoint()
def main(width: int = 640):
    open("fractal.png", "wb").write(fractal.remote(width))
)";

const char* const kernelSource = R"(// One thread a pixel.
#include <cuda_runtime.h>

__global__ void mandelbrot(unsigned* out, int width, int height, int depth)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height)
        return;
    float cr = -2.2f + 3.2f * x / width, ci = -1.2f + 2.4f * y / height;
    float zr = 0.0f, zi = 0.0f;
    int n = 0;
    while (n < depth && zr * zr + zi * zi < 4.0f) {
        float t = zr * zr - zi * zi + cr;
        zi = 2.0f * zr * zi + ci;
        zr = t;
        ++n;
    }
    out[y * width + x] = n;
}
)";

/// A picture worth looking at, as a function would return it.
QByteArray pictureBytes()
{
    QImage image(640, 400, QImage::Format_RGB32);
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x) {
            const double cr = -2.2 + 3.2 * x / image.width();
            const double ci = -1.2 + 2.4 * y / image.height();
            double zr = 0;
            double zi = 0;
            int n = 0;
            for (; n < 96 && zr * zr + zi * zi < 4; ++n) {
                const double t = zr * zr - zi * zi + cr;
                zi = 2 * zr * zi + ci;
                zr = t;
            }
            image.setPixelColor(x, y,
                                n == 96 ? QColor(8, 10, 30)
                                        : QColor::fromHsvF(0.62F - float(n) / 160, 0.75F,
                                                           std::min(1.0F, 0.25F + float(n) / 40)));
        }
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

/// pickle.dumps(bytes, protocol=4) without a frame.
std::string pickled(const QByteArray& bytes)
{
    std::string text("\x80\x04"
                     "B",
                     3);
    const auto size = static_cast<std::uint32_t>(bytes.size());
    for (int shift = 0; shift < 32; shift += 8)
        text += static_cast<char>((size >> shift) & 0xffU);
    return text + bytes.toStdString() + ".";
}

emulator::Micros at(double seconds)
{
    static const emulator::Micros start
        = QDateTime(QDate(2026, 11, 24), QTime(10, 0, 13)).toMSecsSinceEpoch() * 1000;
    return start + static_cast<emulator::Micros>(seconds * 1e6);
}

} // namespace

void TestWindow::write(const QString& path, const QString& text)
{
    const auto full = m_folder->filePath(path);
    QDir().mkpath(QFileInfo(full).path());
    QFile file(full);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text.toUtf8());
    file.setPermissions(file.permissions() | QFile::ExeOwner);
}

void TestWindow::initTestCase()
{
    app::widgets::loadResources();
    QDir().mkpath(QStringLiteral(SLIPWAY_BINARY_DIR "/screenshots"));
}

void TestWindow::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    write("fractal/app.py", appSource);
    write("fractal/kernels/mandelbrot.cu", kernelSource);
    write("fractal/README.md", "# Fractal\n");
    write("fractal/requirements.txt", "numpy\n");
    const auto git = [&](const QStringList& arguments) {
        QProcess process;
        process.setWorkingDirectory(m_folder->filePath("fractal"));
        process.start(
            "git", QStringList {"-c", "user.name=T", "-c", "user.email=t@example.org"} + arguments);
        process.waitForFinished();
    };
    git({"init", "-q", "-b", "main"});
    git({"add", "app.py", "README.md", "kernels"});
    git({"commit", "-qm", "First"});
    write("fractal/README.md", "# Fractal\n\nA sample.\n");
    write("slip",
          "#!/bin/sh\nif [ \"$1\" = doctor ]; then cat <<END\n"
          "{\"checks\": [{\"subject\": \"containers\", \"good\": true, \"says\": \"user "
          "namespaces, overlay, cgroup v2\", \"advice\": \"\"},"
          "{\"subject\": \"python\", \"good\": true, \"says\": \"/usr/bin/python3\", \"advice\": "
          "\"\"},"
          "{\"subject\": \"CUDA toolkit\", \"good\": false, \"says\": \"nvcc is not on PATH\", "
          "\"advice\": \"Optional: only programs that you build with nvcc need it\"},"
          "{\"subject\": \"disk\", \"good\": true, \"says\": \"41.2 GiB free\", \"advice\": "
          "\"\"}], \"notes\": []}\n"
          "END\nexit 0; fi\nexec \"$(dirname \"$0\")/client\" \"$@\"\n");
    m_daemon = std::make_shared<FakeDaemon>();
    makeWindow();
}

void TestWindow::cleanup()
{
    m_window.reset();
    app::client::backgroundPool()->waitForDone();
    app::client::orderedPool()->waitForDone();
}

void TestWindow::makeWindow()
{
    app::client::Programs programs;
    programs.slip = m_folder->filePath("slip");
    programs.home = m_folder->filePath("home");
    programs.samples = m_folder->path();
    m_window = std::make_unique<app::shell::MainWindow>(
        app::shell::WindowParts {programs, m_daemon, {}, m_folder->filePath("config/studio.json")});
    m_window->begin();
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void TestWindow::openProject()
{
    m_window->openFolder(m_folder->filePath("fractal"));
    m_window->editors()->open(m_folder->filePath("fractal/app.py"));
    QTRY_VERIFY(m_window->editors()->current() != nullptr);
    QTRY_COMPARE(find<QComboBox>("run.function")->count(), 4);
    QTRY_VERIFY(find<QLabel>("status.git")->text().contains("main"));
    QTRY_VERIFY(find<QLabel>("status.emulator")->text().contains("ready"));
}

void TestWindow::startRun(const QString& script)
{
    // As slip does: the exit code goes into the file behind --exit-file.
    write("client", "#!/bin/sh\nrecord=$5\ntrap 'echo $? >\"$record\"' EXIT\n" + script);
    m_window->runBar()->pick(m_folder->filePath("fractal/app.py"), "fractal");
    m_window->commands()->action("run.start")->trigger();
    QTRY_VERIFY(m_window->session()->run()->active());
}

void TestWindow::fillRun(bool finished)
{
    m_daemon->edit([&](FakeDaemon::Data& data) {
        data.apps = {em::AppSummary {
            "ap-1", "fractal", "running", runId().toStdString(), at(0), 0, {}, 1, 18432}};
        em::TaskSummary task;
        task.id = "ta-8dKq2Zt4sWn1Lx0PbVyRca";
        task.appId = "ap-1";
        task.functionName = "fractal";
        task.gpu = "H100";
        task.state = finished ? em::TaskState::Finished : em::TaskState::Running;
        task.createdAt = at(0);
        task.startedAt = at(0.4);
        task.finishedAt = finished ? at(41.8) : 0;
        task.costMicros = 18432;
        data.tasks = {task};
        em::CallSummary call;
        call.id = "fc-1";
        call.appId = "ap-1";
        call.functionName = "fractal";
        call.runId = runId().toStdString();
        call.inputs = 1;
        call.succeeded = finished ? 1 : 0;
        call.createdAt = at(0);
        call.finishedAt = finished ? at(41.8) : 0;
        data.calls = {call};
        data.images = {em::ImageSummary {"im-7Hq", "ready", "Python 3.11.9", 3, at(-90), {}}};
        data.cost
            = {em::CostLine {"ap-1", "fractal", "fractal", "H100", "2026-11-24", 41.8, 18432}};
        const auto now = emulator::SystemClock().now();
        data.costPoints.clear();
        for (int i = 1; i < 40; ++i)
            data.costPoints.push_back(
                {now - i * 60'000'000LL, "ap-1", "fractal", "H100", 0, 60, 460});
        data.outputs = {em::CallOutput {0, "success", 1, pickled(pictureBytes()), {}, {}}};
        data.logs.clear();
        for (int i = 0; i < 400; ++i) {
            em::LogLine line;
            line.sequence = static_cast<std::uint64_t>(i + 1);
            line.time = at(0.5 + i * 0.007);
            line.appId = "ap-1";
            line.taskId = task.id;
            line.text = i % 50 == 7 ? "\x1b[33mwarning\x1b[0m: slow row " + std::to_string(i)
                                    : "row " + std::to_string(i)
                    + " of 400  \x1b[32mdone\x1b[0m in " + std::to_string(i % 9 + 3) + " ms";
            if (i % 97 == 40) {
                line.descriptor = 2;
                line.text = "RuntimeWarning: overflow encountered in square";
            }
            data.logs.push_back(line);
        }
        data.usage.clear();
        for (int i = 0; i < 42; ++i) {
            em::UsageSample sample;
            sample.sequence = static_cast<std::uint64_t>(i + 1);
            sample.taskId = task.id;
            sample.appId = "ap-1";
            sample.time = at(0.5 + i);
            sample.cpuMicros = static_cast<std::uint64_t>(i * 620'000 + (i % 5) * 90'000);
            sample.memoryBytes = static_cast<std::uint64_t>(220 + i * 9 + (i % 4) * 6) << 20U;
            sample.memoryPeakBytes = sample.memoryBytes;
            sample.gpuUtilisation = i < 4 ? 0 : 0.72 + 0.2 * ((i % 7) / 7.0);
            sample.gpuMemoryBytes = i < 4 ? 0 : (1180ULL + static_cast<unsigned>(i)) << 20U;
            sample.costMicros = 441 * i;
            data.usage.push_back(sample);
        }
    });
}

void TestWindow::shoot(const QString& name)
{
    for (const auto* theme : {"light", "dark"}) {
        m_window->setTheme(QLatin1String(theme));
        QTest::qWait(60); // the chips and graphs are placed by timers
        const auto picture = m_window->grab();
        QVERIFY(picture.save(QStringLiteral(SLIPWAY_BINARY_DIR "/screenshots/%1-%2.png")
                                 .arg(name, QLatin1String(theme))));
    }
}

void TestWindow::showsWelcome()
{
    QVERIFY(find<QWidget>("welcome.page")->isVisible());
    QTRY_VERIFY(m_window->findChildren<QWidget*>("welcome.check").size() == 4);
    shoot("welcome");
}

void TestWindow::opensAProject()
{
    openProject();
    const auto* tree = find<QTreeView>("project.tree");
    QTRY_VERIFY(tree->model()->rowCount() >= 4);
    QStringList letters;
    for (int row = 0; row < tree->model()->rowCount(); ++row)
        letters << tree->model()->index(row, 0).data().toString()
                + tree->model()->index(row, 1).data().toString();
    QVERIFY2(letters.contains("README.mdM"), qPrintable(letters.join(' ')));
    QVERIFY(letters.contains("requirements.txtU"));
    QTRY_VERIFY(find<QAbstractButton>("editor.run.fractal") != nullptr);
    QTRY_VERIFY(find<QAbstractButton>("editor.run.fractal")->isVisible());
    shoot("project");
}

void TestWindow::showsARunWithLogsAndResult()
{
    openProject();
    QCOMPARE(QProcess::execute("mkfifo", {m_folder->filePath("go")}), 0);
    startRun("echo 'Building image im-7Hq'; echo 'Created objects.'; read word < \"$(dirname "
             "\"$0\")/go\"; exit 0\n");
    QTRY_VERIFY(m_window->session()->output()->rowCount() >= 1);
    fillRun(false);
    QTRY_COMPARE(m_window->session()->run()->state(), app::models::RunState::Running);
    QTRY_COMPARE(m_window->session()->logs()->rowCount(), 400);
    QTRY_VERIFY(m_window->session()->metrics().points().size() >= 40);
    auto* search = find<QLineEdit>("logs.search");
    search->setText("warning");
    QTRY_VERIFY(find<QLabel>("logs.matches")->text().contains("of"));
    shoot("running");
    search->clear();
    fillRun(true);
    QTRY_VERIFY(m_window->result()->hasPicture());
    QVERIFY(find<QWidget>("result.picture")->isVisible());
    write("go", "go\n"); // the client ends
    QTRY_COMPARE(m_window->session()->run()->state(), app::models::RunState::Succeeded);
    shoot("result");
}

void TestWindow::stopsARun()
{
    openProject();
    startRun("trap 'echo Stopping; exit 130' INT; echo 'Created objects.'; while :; do :; done\n");
    QTRY_VERIFY(m_window->session()->output()->rowCount() >= 2);
    fillRun(false);
    QTRY_COMPARE(m_window->session()->run()->state(), app::models::RunState::Running);
    m_window->commands()->action("run.stop")->trigger();
    QTRY_COMPARE(m_window->session()->run()->state(), app::models::RunState::Cancelled);
    QTRY_VERIFY(!m_daemon->data().stopped.empty());
    QCOMPARE(m_daemon->data().stopped.front(), std::string("ap-1"));
    QVERIFY(m_window->commands()->action("run.start")->isEnabled());
    shoot("stopped");
}

void TestWindow::takesUpARunAfterTheWindow()
{
    openProject();
    QCOMPARE(QProcess::execute("mkfifo", {m_folder->filePath("go")}), 0);
    startRun("echo 'Created objects.'; read word < \"$(dirname \"$0\")/go\"; echo 'Last words'\n");
    QTRY_VERIFY(m_window->session()->output()->rowCount() >= 2);
    const auto id = runId();
    m_window->close();
    m_window.reset();
    makeWindow();
    QTRY_COMPARE(m_window->session()->run()->runId(), id);
    QVERIFY(m_window->session()->run()->active());
    QVERIFY(m_window->commands()->action("run.stop")->isEnabled());
    fillRun(true);
    write("go", "go\n");
    QTRY_COMPARE(m_window->session()->run()->state(), app::models::RunState::Succeeded);
    QTRY_VERIFY(m_window->result()->hasPicture());
    const auto said = [this](const QString& line) {
        const auto* output = m_window->session()->output();
        for (int row = 0; row < output->rowCount(); ++row)
            if (output->index(row, app::models::LogModel::Text).data().toString() == line)
                return true;
        return false;
    };
    QTRY_VERIFY(said("Last words"));
    QVERIFY(said("Created objects.")); // from before
    shoot("taken-up");
    m_window->close();
    m_window.reset();
    makeWindow(); // it has been seen to its end: no run is shown now
    QTRY_VERIFY(find<QComboBox>("run.function")->count() == 4);
    QVERIFY(!m_window->session()->run()->active());
}

void TestWindow::listsProblems()
{
    openProject();
    const auto file = m_folder->filePath("fractal/app.py");
    startRun("cat >&2 <<'END'\nTraceback (most recent call last):\n  File \"/root/app.py\", line "
             "13, in fractal\n"
             "    rows = mandelbrot(width, height, depth)\n  File "
             "\"/usr/lib/python3.11/site-packages/numpy/core.py\", line 70, in square\n"
             "ValueError: depth must be at least 1\n"
             "kernels/mandelbrot.cu(10): warning: variable \"ci\" could be const\nEND\nexit 1\n");
    QTRY_COMPARE(m_window->session()->run()->state(), app::models::RunState::Failed);
    auto* list = find<QTreeView>("problems.list");
    QTRY_COMPARE(list->model()->rowCount(), 2);
    QTRY_VERIFY(list->isVisible());
    m_window->editors()->goToLine(1);
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {},
                      list->visualRect(list->model()->index(0, 0)).center());
    int line = 0;
    int column = 0;
    m_window->editors()->current()->getCursorPosition(&line, &column);
    QCOMPARE(line, 12);
    shoot("problems");
}

void TestWindow::namesTheLineOfAFailedBuild()
{
    openProject();
    startRun("cat >&2 <<'END'\n=> RUN python -m pip install numpy\nERROR: No matching distribution "
             "found for numpy\nError: Image build for im-1 failed with the exception:\nDockerfile "
             "line 2: \"RUN python -m pip install numpy\" ended with exit code 1\nEND\nexit 1\n");
    QTRY_COMPARE(m_window->session()->run()->state(), app::models::RunState::Failed);
    auto* list = find<QTreeView>("problems.list");
    QTRY_COMPARE(list->model()->rowCount(), 1);
    QCOMPARE(list->model()->index(0, 1).data().toString(), QString("app.py:4"));
    QVERIFY(list->model()->index(0, 0).data().toString().contains("pip install numpy"));
}

void TestWindow::offersCardsOfASimilarName()
{
    write("fractal/app.py", QString(appSource).replace("H100", "H900"));
    openProject();
    auto* list = find<QTreeView>("problems.list");
    QTRY_COMPARE(list->model()->rowCount(), 1); // before anything has run
    QCOMPARE(list->model()->index(0, 1).data().toString(), QString("app.py:8"));
    m_window->commands()->action("view.problems")->trigger();
    list->setCurrentIndex(list->model()->index(0, 0));
    QTest::keyClick(list, Qt::Key_Return, Qt::AltModifier);
    QTRY_VERIFY(find<QMenu>("problems.menu") != nullptr);
    auto* menu = find<QMenu>("problems.menu");
    QTRY_VERIFY(menu->isVisible());
    QCOMPARE(menu->actions().front()->text(), QString("Replace H900 by H100"));
    shoot("quick-fix");
    menu->actions().front()->trigger();
    menu->close();
    QTRY_VERIFY(m_window->editors()->current()->text().contains("gpu=\"H100\""));
    QTRY_COMPARE(list->model()->rowCount(), 0); // the edited text is read again
}

void TestWindow::showsFailureOfAFunction()
{
    openProject();
    startRun("exit 1\n");
    fillRun(true);
    m_daemon->edit([](FakeDaemon::Data& data) {
        data.outputs
            = {em::CallOutput {0,
                               "failure",
                               1,
                               {},
                               "ValueError('depth must be at least 1')",
                               "Traceback (most recent call last):\n  File \"/root/app.py\", line "
                               "13, in fractal\nValueError: depth must be at least 1"}};
    });
    QTRY_VERIFY(find<QLabel>("result.title")->text().contains("failed"));
    QTRY_COMPARE(find<QTreeView>("problems.list")->model()->rowCount(), 1);
}

void TestWindow::survivesTheDaemon()
{
    openProject();
    m_daemon->edit([](FakeDaemon::Data& data) { data.down = true; });
    QTRY_VERIFY(find<QLabel>("status.emulator")->text().contains("trying again"));
    m_daemon->edit([](FakeDaemon::Data& data) { data.down = false; });
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("status.emulator")->text().contains("ready"), 8000);
}

void TestWindow::restoresTheSession()
{
    openProject();
    m_window->editors()->current()->goTo(9);
    m_window->editors()->current()->insert("# not saved yet\n");
    m_window->setTheme("dark");
    m_window->close();
    m_window.reset();
    makeWindow();
    QTRY_VERIFY(m_window->editors()->current() != nullptr);
    QVERIFY(m_window->editors()->current()->text().contains("# not saved yet"));
    QVERIFY(m_window->editors()->current()->isModified());
    QCOMPARE(m_window->editors()->tabs().front().line, 8);
    QVERIFY(m_window->palette().color(QPalette::Window).lightness() < 128);
    QFile saved(m_folder->filePath("fractal/app.py"));
    QVERIFY(saved.open(QIODevice::ReadOnly));
    QVERIFY(!saved.readAll().contains("not saved yet"));
}

void TestWindow::findsCommands()
{
    openProject();
    m_window->commands()->action("tools.palette")->trigger();
    auto* query = find<QLineEdit>("palette.query");
    QVERIFY(query->isVisible());
    QTest::keyClicks(query, "run frac");
    auto* list = find<QListWidget>("palette.list");
    QCOMPARE(list->item(0)->text(), QString("Run fractal"));
    shoot("palette");
    QTest::keyClick(query, Qt::Key_Escape);
    QVERIFY(!query->isVisible());
}

void TestWindow::showsPages()
{
    openProject();
    startRun("exit 0\n");
    fillRun(true);
    QTRY_VERIFY(find<QTreeView>("tasks.table")->model()->rowCount() == 1);
    for (const auto* name : {"tasks", "cost", "images"}) {
        find<QAbstractButton>(qPrintable(QStringLiteral("activity.") + name))->click();
        QTRY_VERIFY(find<QTreeView>(qPrintable(QLatin1String(name) + QStringLiteral(".table")))
                        ->isVisible());
        shoot(QStringLiteral("page-") + QLatin1String(name));
    }
    m_window->commands()->action("file.settings")->trigger();
    QVERIFY(find<QWidget>("settings.page")->isVisible());
    shoot("page-settings");
}

void TestWindow::refusesWrongArguments()
{
    openProject();
    m_window->runBar()->pick(m_folder->filePath("fractal/app.py"), "statistics");
    m_window->commands()->action("run.start")->trigger();
    QVERIFY(!m_window->session()->run()->active());
    QVERIFY(find<QLabel>("status.sentence")->text().contains("count"));
    auto* arguments = find<QLineEdit>("run.arguments");
    arguments->setFocus();
    QTest::keyClicks(arguments, "count=many");
    QVERIFY(arguments->property("invalid").toBool());
}

void TestWindow::namesEveryWidget()
{
    openProject();
    fillRun(true);
    QString wrong;
    for (auto* widget : m_window->findChildren<QWidget*>()) {
        const bool ours = qobject_cast<QAbstractButton*>(widget) || qobject_cast<QLineEdit*>(widget)
            || qobject_cast<QComboBox*>(widget) || qobject_cast<QAbstractItemView*>(widget)
            || qobject_cast<QDockWidget*>(widget) || qobject_cast<QMenu*>(widget)
            || qobject_cast<app::widgets::LogView*>(widget) || qobject_cast<QsciScintilla*>(widget);
        // Qt's own parts of a widget: a clear button, the list of a combo box, a corner.
        const auto* parent = widget->parentWidget();
        const bool inner = widget->objectName().startsWith("qt_") || parent->inherits("QLineEdit")
            || parent->inherits("QAbstractSpinBox") || parent->inherits("QComboBox")
            || parent->inherits("QComboBoxPrivateContainer") || parent->inherits("QTabBar")
            || widget->inherits("QHeaderView") || widget->inherits("QTableCornerButton")
            || parent->inherits("QTableView")
            || (qobject_cast<QMenu*>(widget)
                && qobject_cast<QMenu*>(widget)->title().isEmpty()) // of the menu bar's overflow
            || widget->inherits("QToolBarExtension") || widget->inherits("QMenuBarExtension");
        if (!ours || (inner && !widget->inherits("QsciScintilla")))
            continue;
        if (widget->objectName().isEmpty())
            wrong += QStringLiteral("%1 in %2 has no name\n")
                         .arg(widget->metaObject()->className(), parent->objectName());
        if (widget->accessibleName().isEmpty() && !qobject_cast<QAbstractButton*>(widget))
            wrong += widget->objectName() + " has no accessible name\n";
        if (auto* button = qobject_cast<QAbstractButton*>(widget);
            button && button->accessibleName().isEmpty() && button->text().isEmpty())
            wrong += widget->objectName() + " says nothing\n";
    }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
}

void TestWindow::doublesNoShortcut()
{
    QMap<QString, QString> seen;
    QString wrong;
    for (const auto* action : m_window->findChildren<QAction*>()) {
        const auto keys = action->shortcut().toString();
        if (keys.isEmpty() || !action->objectName().startsWith("command."))
            continue;
        if (seen.contains(keys))
            wrong += keys + ": " + seen[keys] + ", " + action->objectName() + '\n';
        seen[keys] = action->objectName();
    }
    QSet<QChar> mnemonics;
    for (const auto* action : m_window->menuBar()->actions()) {
        const auto letter = action->text()[action->text().indexOf('&') + 1].toLower();
        if (mnemonics.contains(letter))
            wrong += "two menus have the mnemonic " + QString(letter) + '\n';
        mnemonics << letter;
        QVERIFY2(!action->menu()->actions().isEmpty(), qPrintable(action->text()));
    }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
}

int main(int argc, char** argv)
{
    QStandardPaths::setTestModeEnabled(true);
    QApplication application(argc, argv);
    TestWindow test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_Window.moc"
