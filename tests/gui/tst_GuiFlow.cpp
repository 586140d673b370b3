// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/client/Background.h"
#include "app/client/StudioPort.h"
#include "app/pages/EditorArea.h"
#include "app/shell/CommandRegistry.h"
#include "app/shell/MainWindow.h"
#include "app/shell/RunBar.h"
#include "app/widgets/Icons.h"
#include "app/widgets/PictureView.h"
#include "app/widgets/ValueView.h"

#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QTemporaryDir>
#include <QTreeView>
#include <QtTest>

#include <cstdio>
#include <memory>

/// The way of a user through the real programs: open the sample, run it, see the picture, stop a
/// second run. Each step leaves a picture in BUILD/screenshots.
class TestGuiFlow : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void opensTheSample();
    void runsAFunctionToItsPicture();
    void showsLiveFiguresAndCost();
    void marksTheLineOfAFailedBuild();
    void stopsASecondRun();
    void takesUpARunOfAKilledWindow();
    void survivesARestartOfTheDaemon();

private:
    void shoot(const QString& name);
    template<typename T>
    T* find(const char* name)
    {
        return m_window->findChild<T*>(QLatin1String(name));
    }
    bool start(const QString& function, const QString& arguments,
               const QString& file = QStringLiteral("app.py"));
    QString output() const;

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_slip;
    app::client::Programs m_programs;
    QString m_project;
    std::unique_ptr<app::shell::MainWindow> m_window;
};

namespace {
constexpr int firstRun = 600'000; // ms: the first image is made from Debian's packages
constexpr int laterRun = 120'000;
} // namespace

void TestGuiFlow::initTestCase()
{
    m_slip = QStringLiteral(SLIPWAY_BINARY_DIR "/bin/slip");
    for (const auto* program : {"/bin/slip", "/bin/slipwayd", "/bin/slipway-worker"})
        if (!QFileInfo(QStringLiteral(SLIPWAY_BINARY_DIR) + QLatin1String(program)).isExecutable())
            QSKIP("the programs slip, slipwayd and slipway-worker are not built");
    if (!QFileInfo(QStringLiteral(SLIPWAY_SOURCE_DIR "/resources/samples/fractal/app.py")).exists())
        QSKIP("the sample is not there");
    app::widgets::loadResources();
    QDir().mkpath(QStringLiteral(SLIPWAY_BINARY_DIR "/screenshots"));
    m_folder = std::make_unique<QTemporaryDir>();
    // A home may be kept over runs of the test: the first image takes minutes.
    auto home = qEnvironmentVariable("SLIPWAY_TEST_HOME");
    if (home.isEmpty())
        home = m_folder->filePath("home");
    qputenv("SLIPWAY_HOME", home.toUtf8());
    m_project = m_folder->filePath("fractal");
    QCOMPARE(
        QProcess::execute(
            "cp",
            {"-r", QStringLiteral(SLIPWAY_SOURCE_DIR "/resources/samples/fractal"), m_project}),
        0);

    auto& programs = m_programs;
    programs.slip = m_slip;
    programs.home = home;
    programs.socket = home + QStringLiteral("/run/studio.sock");
    programs.samples = QStringLiteral(SLIPWAY_SOURCE_DIR "/resources/samples");
    m_window = std::make_unique<app::shell::MainWindow>(app::shell::WindowParts {
        programs, std::make_shared<app::client::StudioPort>(programs.socket.toStdString()),
        app::client::slipStarter(programs.slip), m_folder->filePath("studio.json")});
    m_window->begin();
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("status.emulator")->text().contains("ready"), laterRun);
}

void TestGuiFlow::cleanupTestCase()
{
    if (!m_window)
        return;
    m_window.reset();
    app::client::backgroundPool()->waitForDone();
    app::client::orderedPool()->waitForDone();
    QProcess::execute(m_slip, {"down"});
}

void TestGuiFlow::shoot(const QString& name)
{
    for (const auto* theme : {"light", "dark"}) {
        m_window->setTheme(QLatin1String(theme));
        QTest::qWait(60); // the chips and graphs are placed by timers
        QVERIFY(
            m_window->grab().save(QStringLiteral(SLIPWAY_BINARY_DIR "/screenshots/flow-%1-%2.png")
                                      .arg(name, QLatin1String(theme))));
    }
}

QString TestGuiFlow::output() const
{
    QStringList lines;
    auto* model = m_window->session()->output();
    for (int row = 0; row < model->rowCount(); ++row)
        lines << model->index(row, app::models::LogModel::Text).data().toString();
    return lines.join('\n');
}

bool TestGuiFlow::start(const QString& function, const QString& arguments, const QString& file)
{
    if (!m_window->runBar()->pick(m_project + '/' + file, function))
        return false;
    auto* edit = find<QLineEdit>("run.arguments");
    edit->clear();
    edit->setFocus();
    QTest::keyClicks(edit, arguments);
    m_window->commands()->action("run.start")->trigger();
    return QTest::qWaitFor([this] { return m_window->session()->run()->active(); });
}

void TestGuiFlow::opensTheSample()
{
    m_window->openFolder(m_project);
    m_window->editors()->open(m_project + "/app.py");
    QTRY_VERIFY(m_window->editors()->current() != nullptr);
    QTRY_VERIFY(find<QComboBox>("run.function")->count() >= 3);
    shoot("project");
}

void TestGuiFlow::runsAFunctionToItsPicture()
{
    QVERIFY(start("fractal", "width=320 height=200"));
    shoot("preparing");
    QTRY_VERIFY_WITH_TIMEOUT(!m_window->session()->run()->active(), firstRun);
    QVERIFY2(m_window->session()->run()->state() == app::models::RunState::Succeeded,
             qPrintable(output()));
    QTRY_VERIFY_WITH_TIMEOUT(m_window->result()->hasPicture(), 10'000);
    QCOMPARE(m_window->result()->picture()->image().size(), QSize(320, 200));
    shoot("result");
}

void TestGuiFlow::showsLiveFiguresAndCost()
{
    QTRY_VERIFY_WITH_TIMEOUT(!m_window->session()->metrics().points().isEmpty(), 10'000);
    QTRY_VERIFY_WITH_TIMEOUT(m_window->session()->costMicros() > 0, 10'000);
    QVERIFY(m_window->session()->metrics().peakMemoryBytes() > 0);
}

void TestGuiFlow::marksTheLineOfAFailedBuild()
{
    QFile broken(m_project + "/broken.py");
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write("import modal\n\nimage = (\n    modal.Image.debian_slim(python_version=\"3.11\")\n"
                 "    .run_commands(\"echo fine\")\n    .run_commands(\"test -e /nowhere\")\n)\n"
                 "app = modal.App(\"broken\", image=image)\n\n\n@app.function()\ndef f():\n"
                 "    pass\n");
    broken.close();
    QTRY_VERIFY(m_window->runBar()->pick(broken.fileName(), "f"));
    QVERIFY(start("f", {}, "broken.py"));
    QTRY_VERIFY_WITH_TIMEOUT(!m_window->session()->run()->active(), laterRun);
    QCOMPARE(m_window->session()->run()->state(), app::models::RunState::Failed);
    auto* list = find<QTreeView>("problems.list");
    QTRY_COMPARE(list->model()->rowCount(), 1);
    QCOMPARE(list->model()->index(0, 1).data().toString(), QString("broken.py:6"));
    const auto message = list->model()->index(0, 0).data().toString();
    QVERIFY2(message.contains("test -e /nowhere"), qPrintable(message));
    shoot("failed-build");
}

void TestGuiFlow::stopsASecondRun()
{
    QVERIFY(start("fractal", "width=4000 height=4000"));
    QTRY_VERIFY_WITH_TIMEOUT(m_window->session()->run()->state() >= app::models::RunState::Running
                                 || !m_window->session()->appId().empty(),
                             laterRun);
    m_window->commands()->action("run.stop")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(!m_window->session()->run()->active(), 30'000);
    QCOMPARE(m_window->session()->run()->state(), app::models::RunState::Cancelled);
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("status.tasks")->text().startsWith("0"), 30'000);
    shoot("stopped");
}

/// Another process of this program is the window: it starts a run and is killed.
void TestGuiFlow::takesUpARunOfAKilledWindow()
{
    const auto session = m_folder->filePath("killed/studio.json");
    QProcess doomed;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert("SLIPWAY_TEST_PROJECT", m_project);
    environment.insert("SLIPWAY_TEST_SESSION", session);
    doomed.setProcessEnvironment(environment);
    doomed.start(QCoreApplication::applicationFilePath());
    QByteArray said;
    QTRY_VERIFY_WITH_TIMEOUT((said += doomed.readAllStandardOutput(), said.contains("running\n")),
                             laterRun);
    doomed.kill();
    QVERIFY(doomed.waitForFinished());

    auto parts = app::shell::WindowParts {
        m_programs,
        std::make_shared<app::client::StudioPort>(m_programs.socket.toStdString()),
        {},
        session};
    app::shell::MainWindow window(std::move(parts));
    window.begin();
    window.show();
    QTRY_VERIFY_WITH_TIMEOUT(window.session()->run()->state() == app::models::RunState::Succeeded,
                             laterRun);
    QTRY_VERIFY_WITH_TIMEOUT(window.result()->hasPicture(), 10'000);
    QCOMPARE(window.result()->picture()->image().size(), QSize(900, 600));
    QVERIFY(window.session()->logs()->rowCount() > 0);
}

void TestGuiFlow::survivesARestartOfTheDaemon()
{
    QCOMPARE(QProcess::execute(m_slip, {"down"}), 0);
    // It is started again by the window; what it had done is still there.
    QSignalSpy snapshots(m_window->link(), &app::client::DaemonLink::snapshotChanged);
    QTRY_VERIFY_WITH_TIMEOUT(snapshots.count() > 0, 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("status.emulator")->text().contains("ready"), 30'000);
    QVERIFY(!m_window->link()->snapshot().tasks.empty());
}

/// The window that takesUpARunOfAKilledWindow() kills.
int beDoomed(QApplication& application, const QString& project)
{
    app::widgets::loadResources();
    app::client::Programs programs;
    programs.slip = QStringLiteral(SLIPWAY_BINARY_DIR "/bin/slip");
    programs.home = qEnvironmentVariable("SLIPWAY_HOME");
    programs.socket = programs.home + QStringLiteral("/run/studio.sock");
    app::shell::MainWindow window(app::shell::WindowParts {
        programs,
        std::make_shared<app::client::StudioPort>(programs.socket.toStdString()),
        {},
        qEnvironmentVariable("SLIPWAY_TEST_SESSION")});
    window.begin(project);
    window.show();
    if (!QTest::qWaitFor([&] { return window.runBar()->pick(project + "/app.py", "fractal"); }))
        return 1;
    auto* arguments = window.findChild<QLineEdit*>("run.arguments");
    arguments->setFocus();
    QTest::keyClicks(arguments, "width=900 height=600");
    window.commands()->action("run.start")->trigger();
    // The client has said something, so its record is complete.
    if (!QTest::qWaitFor([&] { return window.session()->output()->rowCount() > 2; }, laterRun))
        return 1;
    std::puts("running");
    std::fflush(stdout);
    return application.exec();
}

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    if (const auto project = qEnvironmentVariable("SLIPWAY_TEST_PROJECT"); !project.isEmpty())
        return beDoomed(application, project);
    TestGuiFlow test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_GuiFlow.moc"
