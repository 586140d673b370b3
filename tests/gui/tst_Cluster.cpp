// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/client/Background.h"
#include "app/pages/CostPage.h"
#include "app/pages/DeploySheet.h"
#include "app/pages/DeploymentsPage.h"
#include "app/pages/EditorArea.h"
#include "app/shell/ClusterViews.h"
#include "app/shell/CommandRegistry.h"
#include "app/shell/MainWindow.h"
#include "app/shell/RunBar.h"
#include "app/widgets/Icons.h"
#include "app/widgets/LogPanel.h"
#include "app/widgets/NoticeBar.h"
#include "app/widgets/StepList.h"

#include <QApplication>
#include <QComboBox>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTreeView>
#include <QtTest>

#include <fcntl.h>
#include <unistd.h>

#include <memory>

#include "FakeDaemon.h"

namespace em = emulator::model;
using app::models::DeployState;
using app::shell::ClusterViews;

/// The cluster half of the real window with daemons of values and a `slip` that says what the test
/// tells it to. Each state leaves a picture in BUILD/screenshots.
class TestCluster : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanup();
    void plansADeploy();
    void deploysUntilItIsLive();
    void failsAndSaysWhatIsUntouched();
    void cancelsADeploy();
    void goesOnWhenTheSheetIsClosed();
    void refusesAWrongBudget();
    void blocksWhatCannotBeDeployed();
    void showsDeployments();
    void comparesTwoVersions();
    void rollsBackAndUndoes();
    void filtersLogsOfReplicas();
    void addsTestsAndRemovesTargets();
    void showsCost();
    void exportsCost();
    void greysWhatIsOld();
    void showsTheLastSightAtTheStart();
    void remembersTheTarget();
    void runsAtTheTarget();
    void offersAFirstDeployment();

private:
    void write(const QString& path, const QString& text, bool program = false);
    void makeWindow();
    void openProject();
    void fillCluster();
    void pickCluster();
    void openPipe(const char* name);
    void say(const QByteArray& text);
    void closePipe();
    void event(const QByteArray& json) { say(json + '\n'); }
    void plan(const QJsonObject& changed = {});
    void shoot(const QString& name);
    [[nodiscard]] QStringList calls() const;
    app::models::DeployModel* deploy() { return m_window->cluster()->session()->model(); }
    void press(const char* name);
    template<typename T>
    T* find(const char* name)
    {
        return m_window->findChild<T*>(QLatin1String(name));
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::shared_ptr<FakeDaemon> m_local;
    std::shared_ptr<FakeDaemon> m_hpc;
    std::unique_ptr<app::shell::MainWindow> m_window;
    int m_pipe = -1;
};

namespace {

const char* const source = R"json(import modal

app = modal.App("whisper-finetune")
image = modal.Image.debian_slim(python_version="3.11").pip_install("torch", "transformers")
checkpoints = modal.Volume.from_name("checkpoints", create_if_missing=True)


@app.function(gpu="H100", image=image, volumes={"/ckpt": checkpoints})
def train(batch: int = 32, lr: float = 3e-4) -> dict:
    import torch

    x = torch.randn(batch, 1024, 64, device="cuda")
    return {"loss": float(x.square().mean())}


@app.cls(gpu="A100", image=image, min_containers=1)
class Model:
    @modal.enter()
    def load(self):
        self.pipe = None

    @modal.method()
    def infer(self, text: str) -> str:
        return text.upper()


@app.function(image=image)
def export(path: str = "/ckpt") -> int:
    return 0
)json";

const char* const slip = R"json(#!/bin/sh
dir=$(dirname "$0")
echo "$*" >> "$dir/calls"
case "$1" in
doctor) echo '{"checks": []}';;
deploy) echo "Building image im-7Hq (4 layers, 3 kept)" >&2
        echo "Step 4: pip install torch transformers" >&2
        case "$*" in *--plan*) exec cat "$dir/plan";; *) exec cat "$dir/events";; esac;;
rollback) echo '{"ok": true, "app_id": "ap-2", "version": 15, "repeats": 13}';;
cluster) case "$2" in
        test) cat "$dir/steps"; exit 1;;
        add) if [ "$3" = taken ]; then echo "slip: a target with the name taken exists" >&2; exit 2; fi;;
        esac;;
run) exit 0;;
esac
exit 0
)json";

const char* const planText = R"json({
 "app": "whisper-finetune", "file": "app.py",
 "target": {"name": "hpc-a100", "engine": "Slurm 22.05.8 (CLI)", "state":
"connected"
}
,
 "live_version": 13, "next_version": 14,
 "functions": [
  {"name": "train", "gpu": "H100", "change": "changed", "what": ["image", "code"],
   "image_id": "im-7Hq", "manifest": "sha256:3f2c1a9b44de01b7c5a09e77c1b2a4d8e0f1a2b3c4d5e6f708192a3b4c5d6e7f",
   "min_containers": 0, "price_micros_per_hour": 4150000},
  {"name": "Model.*", "gpu": "A100", "change": "unchanged", "what": [], "image_id": "im-7Hq",
   "manifest": "sha256:3f2c1a9b44de01b7c5a09e77c1b2a4d8e0f1a2b3c4d5e6f708192a3b4c5d6e7f",
   "min_containers": 1, "price_micros_per_hour": 2270000},
  {"name": "export", "gpu": "", "change": "new", "what": [], "image_id": "im-7Hq",
   "manifest": "sha256:3f2c1a9b44de01b7c5a09e77c1b2a4d8e0f1a2b3c4d5e6f708192a3b4c5d6e7f",
   "min_containers": 0, "price_micros_per_hour": 11000},
  {"name": "evaluate", "gpu": "", "change": "removed", "what": [], "image_id": "", "manifest": "",
   "min_containers": 0, "price_micros_per_hour": 0}],
 "images": [{"image_id": "im-7Hq",
   "manifest": "sha256:3f2c1a9b44de01b7c5a09e77c1b2a4d8e0f1a2b3c4d5e6f708192a3b4c5d6e7f",
   "bytes": 2040109465, "missing_bytes": 125829120, "layers": 12, "missing_layers": 3,
   "same_as_last_run": true}],
 "bytes_to_push": 125829120, "bytes_total": 2040109465,
 "gpus": [{"type": "H100", "wanted": 1, "available": 8, "ok": true, "text": ""},
          {"type": "A100", "wanted": 1, "available": 4, "ok": true, "text": ""}],
 "price_micros_per_hour": 6431000, "price_idle_micros_per_hour": 2270000,
 "git": {"commit": "3f2c1a9d0b", "branch": "main", "dirty": true, "changed_files": ["app.py", "kernels/fused.cu"]},
 "same_image_as_last_green_run": true,
 "warnings": ["2 files differ from the commit: the version will not be found by its commit alone"],
 "blockers": []
})json";

emulator::Micros ago(double seconds)
{
    return emulator::SystemClock().now() - static_cast<emulator::Micros>(seconds * 1e6);
}

em::DeployedFunction function(const char* name, const char* gpu, const char* manifest,
                              const char* code, std::int64_t price)
{
    em::DeployedFunction made;
    made.id = std::string("fu-") + name;
    made.name = name;
    made.gpu = gpu;
    made.imageId = "im-7Hq";
    made.manifest = manifest;
    made.code = code;
    made.settings = "5e771465";
    made.microsPerHour = price;
    return made;
}

em::DeploymentSummary version(std::uint32_t number, const char* state, double age)
{
    em::DeploymentSummary made;
    made.appId = "ap-2";
    made.appName = "whisper-finetune";
    made.environment = "main";
    made.version = number;
    made.state = state;
    made.deployedAt = ago(age);
    made.gitCommit = number == 14 ? "3f2c1a9d0b" : "91ab77e2c4";
    made.gitDirty = number == 14;
    made.tag = number == 13 ? "stable" : "";
    made.clientVersion = "1.6.4";
    const auto* image = number == 14
        ? "sha256:3f2c1a9b44de01b7c5a09e77c1b2a4d8e0f1a2b3c4d5e6f708192a3b4c5d6e7f"
        : "sha256:a01bc2d3e4f5061728394a5b6c7d8e9f00112233445566778899aabbccddeeff";
    made.functions
        = {function("train", number == 12 ? "A100" : "H100", image,
                    number == 14 ? "c0de14aa" : "c0de13bb", number == 12 ? 2270000 : 4150000),
           function("Model.*", "A100", image, "c0de0000", 2270000)};
    if (number == 14)
        made.functions.push_back(function("export", "", image, "c0de14cc", 11000));
    made.replicas = number == 14 ? 3 : 0;
    made.costMicros = number == 14 ? 830'000 : number * 310'000;
    made.budgetMicros = 8'000'000;
    made.appCostMicros = 5'330'000;
    return made;
}

em::TaskSummary replica(const char* id, const char* name, em::TaskState state, double age)
{
    em::TaskSummary task;
    task.id = std::string("ta-8dKq2Zt4sWn1Lx0Pb") + id;
    task.appId = "ap-2";
    task.functionId = std::string("fu-") + name;
    task.functionName = name;
    task.gpu = std::string(name) == "train" ? "H100" : "A100";
    task.version = 14;
    task.state = state;
    task.createdAt = ago(age);
    task.jobId = std::to_string(4700 + int(age) % 97);
    if (state == em::TaskState::Queued)
        task.waitReason = "Resources";
    else {
        task.node = "gpu03";
        task.startedAt = ago(age - 41);
        task.readyAt = ago(age - 44.1);
        task.costMicros = 415'000;
    }
    return task;
}

} // namespace

void TestCluster::write(const QString& path, const QString& text, bool program)
{
    const auto full = m_folder->filePath(path);
    QDir().mkpath(QFileInfo(full).path());
    QFile file(full);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text.toUtf8());
    if (program)
        file.setPermissions(file.permissions() | QFile::ExeOwner);
}

void TestCluster::initTestCase()
{
    app::widgets::loadResources();
    QDir().mkpath(QStringLiteral(SLIPWAY_BINARY_DIR "/screenshots"));
}

void TestCluster::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    write("whisper/app.py", source);
    write("whisper/requirements.txt", "torch\n");
    write("slip", slip, true);
    write(
        "steps",
        R"json({"step": "ssh", "state": "ok", "text": "login.hpc.example answers", "fix": "", "seconds": 0.41}
{"step": "control plane", "state": "ok", "text": "slipwayd 0.2.0, engine Slurm 22.05.8 (CLI)", "fix": "", "seconds": 0.12
}
{"step": "registry", "state": "failed", "text": "registry.hpc.example:5000 refuses the push: no space left", "fix": "Ask the site for space, or add the target with --registry oci:/shared/images.", "seconds": 1.3}
{"step": "probe job", "state": "skipped", "text": "", "fix": "", "seconds": 0}
)json");
    for (const auto* name : {"plan", "events"})
        QCOMPARE(QProcess::execute("mkfifo", {m_folder->filePath(name)}), 0);
    m_local = std::make_shared<FakeDaemon>();
    m_hpc = std::make_shared<FakeDaemon>();
    m_local->edit([](FakeDaemon::Data& data) {
        em::TargetSummary hpc;
        hpc.name = "hpc-a100";
        hpc.kind = "ssh";
        hpc.address = "login.hpc.example";
        hpc.state = "connected";
        hpc.since = ago(7400);
        hpc.engine = "Slurm 22.05.8 (CLI)";
        hpc.socket = "/run/hpc.sock";
        hpc.registryUrl = "http://127.0.0.1:41231";
        em::TargetSummary lab;
        lab.name = "lab";
        lab.kind = "socket";
        lab.address = "/srv/slipway/studio.sock";
        lab.state = "offline";
        lab.since = ago(1200);
        lab.reason = "no control plane listens on /srv/slipway/studio.sock; start one with "
                     "slipwayd --engine slurm";
        lab.socket = "/run/lab.sock";
        data.targets = {lab, hpc};
    });
    fillCluster();
    makeWindow();
}

void TestCluster::cleanup()
{
    closePipe();
    m_window.reset();
    app::client::backgroundPool()->waitForDone();
    app::client::orderedPool()->waitForDone();
}

void TestCluster::makeWindow()
{
    app::client::Programs programs;
    programs.slip = m_folder->filePath("slip");
    programs.home = QStringLiteral("~/.local/share/slipway");
    app::shell::WindowParts parts;
    parts.programs = programs;
    parts.port = m_local;
    parts.sessionFile = m_folder->filePath("config/studio.json");
    parts.makePort = [hpc = m_hpc](const QString&) { return hpc; };
    parts.cacheFolder = m_folder->filePath("cache");
    m_window = std::make_unique<app::shell::MainWindow>(parts);
    m_window->begin();
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    QTRY_VERIFY(find<QLabel>("status.emulator")->text().contains("ready"));
}

void TestCluster::openProject()
{
    m_window->openFolder(m_folder->filePath("whisper"));
    m_window->editors()->open(m_folder->filePath("whisper/app.py"));
    QTRY_VERIFY(m_window->editors()->current() != nullptr);
    QTRY_COMPARE(find<QComboBox>("run.function")->count(), 3);
}

void TestCluster::fillCluster()
{
    m_hpc->edit([](FakeDaemon::Data& data) {
        data.deployments = {version(14, "live", 5200), version(13, "superseded", 93'000),
                            version(12, "superseded", 260'000)};
        data.tasks = {replica("Vy0001", "train", em::TaskState::Queued, 52),
                      replica("Vyx7Qa", "train", em::TaskState::Running, 840),
                      replica("Vym3Kd", "Model.*", em::TaskState::Running, 5100)};
        em::TaskSummary ended = replica("Vyz9Fe", "train", em::TaskState::Finished, 4100);
        ended.finishedAt = ago(3900);
        ended.end.reason = em::EndReason::WorkerLost;
        ended.end.message = "gpu02 failed; its inputs went to another replica";
        ended.node = "gpu02";
        data.tasks.push_back(ended);
        data.nodes = {{"gpu01",
                       "allocated",
                       "",
                       true,
                       64,
                       64,
                       515'000,
                       480'000,
                       {{"h100", 8}},
                       {{"h100", 8}}},
                      {"gpu02",
                       "down",
                       "Not responding since 10:41",
                       false,
                       64,
                       0,
                       515'000,
                       0,
                       {{"h100", 8}},
                       {}},
                      {"gpu03",
                       "mixed",
                       "",
                       true,
                       64,
                       24,
                       515'000,
                       131'000,
                       {{"a100", 4}, {"h100", 4}},
                       {{"a100", 1}, {"h100", 1}}}};
        data.cost
            = {{"ap-2", "whisper-finetune", "train", "H100", "2026-11-24", 2800, 3'230'000},
               {"ap-2", "whisper-finetune", "Model.infer", "A100", "2026-11-24", 3300, 2'100'000}};
        data.costPoints.clear();
        for (int i = 60; i > 0; --i) {
            const auto at = ago(i * 60.0);
            data.costPoints.push_back({at, "ap-2", "Model.*", "A100", 14, 60, 37'800});
            if (i % 9 < 6)
                data.costPoints.push_back(
                    {at, "ap-2", "train", "H100", 14, 55, 63'000 + (i % 5) * 6000});
            if (i % 20 == 3)
                data.costPoints.push_back({at, "ap-2", "export", "", 14, 20, 9'100});
        }
        for (int i = 0; i < 240; ++i) {
            em::LogLine line;
            line.sequence = static_cast<std::uint64_t>(i + 1);
            line.time = ago(300 - i);
            line.appId = "ap-2";
            line.taskId = i % 3 == 0 ? "ta-8dKq2Zt4sWn1Lx0PbVym3Kd" : "ta-8dKq2Zt4sWn1Lx0PbVyx7Qa";
            line.text = i % 3 == 0
                ? "infer: 41 tokens in 0.31 s"
                : "step=" + std::to_string(1700 + i) + " loss=0.0278 lr=3e-4 tok/s=18123";
            if (i % 40 == 11) {
                line.descriptor = 2;
                line.text = "UserWarning: the loss scale was lowered to 2048";
            }
            data.logs.push_back(line);
        }
    });
}

void TestCluster::pickCluster()
{
    auto* box = find<QComboBox>("run.target");
    QTRY_VERIFY(box->findData("hpc-a100") > 0);
    box->setCurrentIndex(box->findData("hpc-a100"));
    Q_EMIT box->activated(box->currentIndex());
    QCOMPARE(m_window->cluster()->targets()->currentName(), QString("hpc-a100"));
    QTRY_VERIFY(!m_window->cluster()->targets()->link()->stale());
}

void TestCluster::openPipe(const char* name)
{
    closePipe();
    // Read and write: opening does not wait for the other side.
    m_pipe = ::open(qPrintable(m_folder->filePath(name)), O_RDWR | O_CLOEXEC);
    QVERIFY(m_pipe >= 0);
}

void TestCluster::say(const QByteArray& text)
{
    QCOMPARE(::write(m_pipe, text.constData(), std::size_t(text.size())), ssize_t(text.size()));
}

void TestCluster::closePipe()
{
    if (m_pipe >= 0)
        ::close(m_pipe);
    m_pipe = -1;
}

/// Presses F8 and lets the plan come.
void TestCluster::plan(const QJsonObject& changed)
{
    auto json = QJsonDocument::fromJson(planText).object();
    for (auto it = changed.begin(); it != changed.end(); ++it)
        json[it.key()] = it.value();
    openPipe("plan");
    m_window->commands()->action("deploy.plan")->trigger();
    QTRY_COMPARE(deploy()->state(), DeployState::Planning);
    // The program has the pipe open once it has said what it builds.
    QTRY_VERIFY(m_window->cluster()->session()->log()->rowCount() >= 3);
    say(QJsonDocument(json).toJson());
    QTRY_COMPARE(deploy()->state(), DeployState::Planned);
    closePipe();
    QTRY_VERIFY(find<QWidget>("deploySheet")->isVisible());
}

void TestCluster::shoot(const QString& name)
{
    for (const auto* theme : {"light", "dark"}) {
        m_window->setTheme(QLatin1String(theme));
        QTest::qWait(250); // the sheet slides, chips and graphs are placed by timers
        QVERIFY(m_window->grab().save(QStringLiteral(SLIPWAY_BINARY_DIR "/screenshots/%1-%2.png")
                                          .arg(name, QLatin1String(theme))));
    }
}

QStringList TestCluster::calls() const
{
    QFile file(m_folder->filePath("calls"));
    return file.open(QIODevice::ReadOnly)
        ? QString::fromUtf8(file.readAll()).split('\n', Qt::SkipEmptyParts)
        : QStringList();
}

void TestCluster::press(const char* name)
{
    auto* button = find<QAbstractButton>(name);
    QVERIFY2(button != nullptr, name);
    QVERIFY2(button->isVisible() && button->isEnabled(), name);
    button->click();
}

void TestCluster::plansADeploy()
{
    openProject();
    pickCluster();
    openPipe("plan");
    QTest::keyClick(m_window.get(), Qt::Key_F8);
    QTRY_COMPARE(deploy()->state(), DeployState::Planning);
    QTRY_VERIFY(m_window->cluster()->session()->log()->rowCount() >= 3);
    shoot("deploy-planning");
    say(QByteArray(planText) + '\n');
    QTRY_COMPARE(deploy()->state(), DeployState::Planned);
    QCOMPARE(find<QLabel>("deploy.versions")->text(), QString("Version 13 → 14"));
    QCOMPARE(find<QTreeView>("deploy.functions")->model()->rowCount(), 4);
    QVERIFY(find<QLabel>("deploy.fact.image1")->text().contains("✓ same image"));
    QVERIFY(find<QLabel>("deploy.fact.push")->text().contains("120 MiB of 1.9 GiB"));
    QVERIFY(find<QLabel>("deploy.fact.price")->text().contains("$6.43/h"));
    QVERIFY(find<QPushButton>("deploy.primary")->text().contains("$6.43/h"));
    QVERIFY(find<QPushButton>("deploy.primary")->hasFocus());
    QVERIFY(calls().last().contains("--target hpc-a100 --plan --json"));
    shoot("deploy-plan");
}

void TestCluster::deploysUntilItIsLive()
{
    openProject();
    pickCluster();
    plan();
    find<QLineEdit>("deploy.budget")->setText("8");
    openPipe("events");
    QTest::keyClick(find<QPushButton>("deploy.primary"), Qt::Key_Return);
    QTRY_COMPARE(deploy()->state(), DeployState::Running);
    QTRY_VERIFY(calls().last().contains("--yes --strategy rolling --budget 8 --json"));
    event(R"json({"event":"stage","stage":"build","state":"running","text":""})json");
    event(R"json({"event":"stage","stage":"build","state":"done","text":"4 layers kept"})json");
    event(R"json({"event":"stage","stage":"push","state":"running","text":""})json");
    event(R"json({"event":"log","text":"pushing sha256:91ab77e2 (34 MiB)"})json");
    event(R"json({"event":"progress","stage":"push","done":35651584,"total":125829120})json");
    auto* steps = find<app::widgets::StepList>("deploy.stages");
    QTRY_COMPARE(steps->steps().value(1).text, QString("34.0 MiB of 120 MiB"));
    shoot("deploy-pushing");
    event(R"json({"event":"stage","stage":"push","state":"done","text":"120 MiB"})json");
    event(R"json({"event":"stage","stage":"register","state":"done","text":"3 functions"})json");
    event(R"json({"event":"stage","stage":"submit","state":"done","text":"job 4711"})json");
    event(R"json({"event":"stage","stage":"probe","state":"running","text":""})json");
    QTRY_COMPARE(steps->steps().value(4).text, QString("Resources"));
    shoot("deploy-queued");
    event(R"json({"event":"stage","stage":"probe","state":"done","text":"answers"})json");
    event(
        R"json({"event":"result","ok":true,"app_id":"ap-2","app_name":"whisper-finetune","version":14,"seconds":61.2})json");
    QTRY_COMPARE(deploy()->state(), DeployState::Live);
    closePipe();
    QVERIFY(find<QLabel>("deploy.what")->text().contains("Version 14 is live"));
    QVERIFY(find<QLabel>("deploy.untouched")->text().contains("roll back to version 13"));
    shoot("deploy-live");
    press("deploy.openLogs");
    QTRY_VERIFY(find<QWidget>("replicaLogs.panel")->isVisible());
    QTRY_VERIFY(!find<QWidget>("deploySheet")->isVisible());
}

void TestCluster::failsAndSaysWhatIsUntouched()
{
    openProject();
    pickCluster();
    plan();
    openPipe("events");
    press("deploy.primary");
    QTRY_VERIFY(calls().last().contains("--yes"));
    event(R"json({"event":"stage","stage":"build","state":"done","text":"4 layers kept"})json");
    event(R"json({"event":"stage","stage":"push","state":"running","text":""})json");
    event(R"json({"event":"progress","stage":"push","done":35651584,"total":125829120})json");
    event(R"json({"event":"log","text":"PUT blob sha256:91ab…: 507 insufficient storage"})json");
    event(
        R"json({"event":"result","ok":false,"stage":"push","what":"The image could not be pushed","why":"the registry of hpc-a100 has no space left (507)","fix":"Free space at registry.hpc.example or ask the site, then resume: what is pushed stays there.","resumable":true,"live_version":13
})json");
    QTRY_COMPARE(deploy()->state(), DeployState::Failed);
    closePipe();
    QVERIFY(find<QLabel>("deploy.untouched")->text().contains("version 13 is untouched"));
    QCOMPARE(find<QPushButton>("deploy.primary")->text(), QString("Resume"));
    shoot("deploy-failed");
    press("deploy.copy");
    QVERIFY(m_window->cluster()->session()->diagnostics().contains("507 insufficient storage"));
    const auto before = calls().size();
    QTRY_VERIFY(find<QPushButton>("deploy.primary")->isEnabled());
    openPipe("events");
    QTest::qWait(50); // the failed program ends
    press("deploy.primary");
    QTRY_COMPARE(deploy()->state(), DeployState::Running);
    QTRY_VERIFY(calls().size() > before);
}

void TestCluster::cancelsADeploy()
{
    openProject();
    plan();
    openPipe("events");
    press("deploy.primary");
    QTRY_VERIFY(calls().last().contains("--yes"));
    event(R"json({"event":"stage","stage":"push","state":"running","text":""})json");
    QTRY_VERIFY(deploy()->summary().contains("push"));
    press("deploy.secondary");
    QTRY_COMPARE(deploy()->state(), DeployState::Cancelled);
    QVERIFY(find<QLabel>("deploy.untouched")->text().contains("13 is untouched"));
    shoot("deploy-cancelled");
}

void TestCluster::goesOnWhenTheSheetIsClosed()
{
    openProject();
    plan();
    openPipe("events");
    press("deploy.primary");
    QTRY_VERIFY(calls().last().contains("--yes"));
    event(R"json({"event":"stage","stage":"push","state":"running","text":""})json");
    event(R"json({"event":"progress","stage":"push","done":35651584,"total":125829120})json");
    QTest::keyClick(find<QWidget>("deploySheet"), Qt::Key_Escape);
    QTRY_VERIFY(!find<QWidget>("deploySheet")->isVisible());
    QCOMPARE(deploy()->state(), DeployState::Running);
    auto* status = find<QPushButton>("status.deploy");
    QTRY_VERIFY(status->isVisible() && status->text().contains("34.0 MiB of 120 MiB"));
    shoot("deploy-behind");
    status->click();
    QTRY_VERIFY(find<QWidget>("deploySheet")->isVisible());
}

void TestCluster::refusesAWrongBudget()
{
    openProject();
    plan();
    find<QLineEdit>("deploy.budget")->setText("much");
    QVERIFY(!find<QPushButton>("deploy.primary")->isEnabled());
    find<QLineEdit>("deploy.budget")->setText("$2.50");
    QVERIFY(find<QPushButton>("deploy.primary")->isEnabled());
}

void TestCluster::blocksWhatCannotBeDeployed()
{
    openProject();
    plan({{"blockers",
           QJsonArray {QJsonObject {
               {"what", "No node has an H100"},
               {"why", "hpc-a100 has A100 only, and train asks for H100"},
               {"fix", "Ask for gpu=\"A100\" in app.py line 8, or choose another target."}}}},
          {"gpus",
           QJsonArray {
               QJsonObject {{"type", "H100"}, {"wanted", 1}, {"available", 0}, {"ok", false}}}},
          {"same_image_as_last_green_run", false},
          {"live_version", 0},
          {"next_version", 1}});
    QVERIFY(!find<QPushButton>("deploy.primary")->isEnabled());
    shoot("deploy-blocked");
}

void TestCluster::showsDeployments()
{
    openProject();
    pickCluster();
    press("activity.deploys");
    auto* table = find<QTreeView>("deploys.table");
    QTRY_COMPARE(table->model()->rowCount(), 3);
    QTRY_COMPARE(find<QTreeView>("replicas.table")->model()->rowCount(), 4);
    QVERIFY(find<QLabel>("deploys.summary")->text().contains("1 live"));
    shoot("deployments");
    m_hpc->edit([](FakeDaemon::Data& data) {
        data.deployments.front().heldBack = "the budget of $8.00 is spent";
    });
    QTRY_VERIFY(find<QLabel>("deploys.notice.text")->text().contains("budget of $8.00"));
}

void TestCluster::comparesTwoVersions()
{
    pickCluster();
    press("activity.deploys");
    auto* table = find<QTreeView>("deploys.table");
    QTRY_COMPARE(table->model()->rowCount(), 3);
    for (const int row : {0, 2})
        table->selectionModel()->select(table->model()->index(row, 0),
                                        QItemSelectionModel::Select | QItemSelectionModel::Rows);
    auto* changes = find<QTreeView>("changes.table")->model();
    QStringList subjects;
    for (int row = 0; row < changes->rowCount(); ++row)
        subjects << changes->index(row, 0).data().toString() + '/'
                + changes->index(row, 1).data().toString();
    QVERIFY2(subjects.contains("train/GPU") && subjects.contains("export/added"),
             qPrintable(subjects.join(' ')));
    find<QTabWidget>("deploys.details")->setCurrentIndex(2);
    shoot("deployments-diff");
}

void TestCluster::rollsBackAndUndoes()
{
    pickCluster();
    press("activity.deploys");
    auto* table = find<QTreeView>("deploys.table");
    QTRY_COMPARE(table->model()->rowCount(), 3);
    table->setCurrentIndex(table->model()->index(0, 0));
    QVERIFY(!find<QPushButton>("deploys.rollback")->isEnabled()); // it is the live one
    table->setCurrentIndex(table->model()->index(1, 0));
    press("deploys.rollback");
    QVERIFY(find<QLabel>("deploys.notice.text")->text().contains("from version 14 to 13"));
    shoot("deployments-rollback");
    press("deploys.notice.first");
    QTRY_VERIFY(find<QLabel>("deploys.notice.text")->text().contains("runs what version 13 was"));
    QVERIFY(calls().last().startsWith("rollback whisper-finetune 13 --target hpc-a100"));
    shoot("deployments-undo");
    press("deploys.notice.first");
    QTRY_VERIFY(calls().last().startsWith("rollback whisper-finetune 14 --target hpc-a100"));
}

void TestCluster::filtersLogsOfReplicas()
{
    pickCluster();
    press("activity.deploys");
    find<QTabWidget>("deploys.details")->setCurrentIndex(1);
    auto* panel = m_window->cluster()->deploymentsPage()->logPanel();
    QTRY_COMPARE(panel->view()->shownRows(), 240);
    find<QComboBox>("replicaLogs.function")->setCurrentText("Model.*");
    QTRY_COMPARE(panel->view()->shownRows(), 80);
    find<QComboBox>("replicaLogs.function")->setCurrentIndex(0);
    find<QComboBox>("replicaLogs.stream")->setCurrentIndex(2);
    QTRY_COMPARE(panel->view()->shownRows(), 6);
    find<QComboBox>("replicaLogs.stream")->setCurrentIndex(0);
    find<QComboBox>("replicaLogs.replica")->setCurrentText("train·Vyx7Qa");
    QTRY_COMPARE(panel->view()->shownRows(), 160);
    find<QLineEdit>("replicaLogs.filter")->setText("loss scale");
    QTRY_VERIFY(panel->view()->shownRows() > 0 && panel->view()->shownRows() < 7);
    find<QLineEdit>("replicaLogs.filter")->clear();
    QTRY_COMPARE(panel->view()->shownRows(), 160);
    shoot("deployments-logs");
}

void TestCluster::addsTestsAndRemovesTargets()
{
    press("activity.targets");
    auto* table = find<QTreeView>("targets.table");
    QTRY_COMPARE(table->model()->rowCount(), 3);
    table->setCurrentIndex(table->model()->index(2, 0));
    QVERIFY(find<QLabel>("targets.reason")->text().contains("no control plane listens"));
    shoot("targets");
    press("targets.add");
    QVERIFY(find<QLineEdit>("targetForm.name")->hasFocus());
    QTest::keyClicks(find<QLineEdit>("targetForm.name"), "Bad Name");
    press("targetForm.add");
    QVERIFY(find<QLabel>("targetForm.problem")->isVisible());
    find<QLineEdit>("targetForm.name")->setText("taken");
    find<QLineEdit>("targetForm.address")->setText("login.hpc.example");
    press("targetForm.add");
    QTRY_VERIFY(find<QLabel>("targetForm.problem")->text().contains("exists"));
    shoot("targets-add");
    find<QLineEdit>("targetForm.name")->setText("hpc2");
    find<QLineEdit>("targetForm.partition")->setText("gpu");
    press("targetForm.add");
    QTRY_VERIFY(!find<QWidget>("targetForm")->isVisible());
    QVERIFY(calls().last() == "cluster add hpc2 --ssh login.hpc.example --partition gpu");
    table->setCurrentIndex(table->model()->index(1, 0));
    press("targets.test");
    auto* steps = find<app::widgets::StepList>("targets.steps");
    QTRY_COMPARE(steps->steps().size(), 4);
    QTRY_VERIFY(find<QLabel>("targets.testTitle")->text().contains("cannot run there yet"));
    pickCluster();
    QTRY_COMPARE(find<QTreeView>("nodes.table")->model()->rowCount(), 3);
    find<QWidget>("targets.notice")->hide();
    shoot("targets-test");
    press("targets.reconnect");
    QTRY_COMPARE(m_local->data().reconnected, std::vector<std::string> {"hpc-a100"});
    press("targets.remove");
    press("targets.notice.first");
    QTRY_VERIFY(calls().last() == "cluster remove hpc-a100");
}

void TestCluster::showsCost()
{
    openProject();
    pickCluster();
    press("activity.cost");
    auto* table = find<QTreeView>("cost.table");
    QTRY_COMPARE(table->model()->rowCount(), 3);
    QVERIFY(find<QLabel>("costPage.basis")->text().startsWith("Forecast $"));
    shoot("cost");
    auto* app = find<QComboBox>("costPage.app");
    app->setCurrentIndex(app->findText("whisper-finetune"));
    QVERIFY(find<QLabel>("costPage.total")->text().contains("of $8.00 budget"));
    find<QComboBox>("costPage.group")->setCurrentIndex(1);
    QTRY_COMPARE(table->model()->rowCount(), 3);
    shoot("cost-budget");
    find<QComboBox>("costPage.group")->setCurrentIndex(2);
    QTRY_COMPARE(table->model()->rowCount(), 1);
    press("costPage.range.24h");
    QTRY_VERIFY(find<QLabel>("costPage.total")->text().contains("24 h"));
}

void TestCluster::exportsCost()
{
    pickCluster();
    press("activity.cost");
    QTRY_VERIFY(find<QPushButton>("costPage.export")->isEnabled());
    const auto path = m_folder->filePath("cost.csv");
    QSignalSpy saved(m_window->cluster()->costPage(), &app::pages::CostPage::saved);
    m_window->cluster()->costPage()->exportTo(path);
    QTRY_COMPARE(saved.count(), 1);
    QCOMPARE(saved.front().at(1).toString(), QString());
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto text = file.readAll();
    QVERIFY(text.startsWith("from,app_id,app,function,gpu,version,task_seconds,cost_usd\r\n"));
    QVERIFY(text.contains(",ap-2,whisper-finetune,Model.*,A100,14,60.000,0.037800\r\n"));
}

void TestCluster::greysWhatIsOld()
{
    openProject();
    pickCluster();
    press("activity.deploys");
    QTRY_COMPARE(find<QTreeView>("deploys.table")->model()->rowCount(), 3);
    m_hpc->edit([](FakeDaemon::Data& data) { data.down = true; });
    m_local->edit([](FakeDaemon::Data& data) {
        data.targets.back().state = "offline";
        data.targets.back().reason = "ssh: connect to host login.hpc.example port 22: timed out";
    });
    auto* banner = m_window->cluster()->banner();
    QTRY_VERIFY(banner->isVisible());
    QTRY_VERIFY(banner->text().contains("timed out"));
    QVERIFY(banner->text().contains("ago"));
    QCOMPARE(find<QTreeView>("deploys.table")->model()->rowCount(), 3);
    shoot("offline");
    press("offline.banner.first");
    QTRY_VERIFY(!m_local->data().reconnected.empty());
    m_hpc->edit([](FakeDaemon::Data& data) { data.down = false; });
    QTRY_VERIFY_WITH_TIMEOUT(!banner->isVisible(), 8000);
}

void TestCluster::showsTheLastSightAtTheStart()
{
    pickCluster();
    press("activity.deploys");
    QTRY_COMPARE(m_window->cluster()->deploymentsPage()->logs()->model()->rowCount(), 240);
    const auto file = m_folder->filePath("cache/hpc-a100/seen.json");
    QTRY_VERIFY_WITH_TIMEOUT(QFileInfo::exists(file), 8000);
    m_window->close();
    m_window.reset();
    // Neither this machine's daemon nor the cluster answers now.
    for (const auto& daemon : {m_local, m_hpc})
        daemon->edit([](FakeDaemon::Data& data) { data.down = true; });
    app::shell::WindowParts parts;
    parts.programs.slip = m_folder->filePath("slip");
    parts.port = m_local;
    parts.sessionFile = m_folder->filePath("config/studio.json");
    parts.makePort = [hpc = m_hpc](const QString&) { return hpc; };
    parts.cacheFolder = m_folder->filePath("cache");
    m_window = std::make_unique<app::shell::MainWindow>(parts);
    m_window->begin();
    m_window->show();
    QTRY_COMPARE(m_window->cluster()->targets()->currentName(), QString("hpc-a100"));
    press("activity.deploys");
    QTRY_COMPARE(find<QTreeView>("deploys.table")->model()->rowCount(), 3);
    QTRY_VERIFY(m_window->cluster()->banner()->isVisible());
    QTRY_COMPARE(m_window->cluster()->deploymentsPage()->logs()->model()->rowCount(), 240);
    QFile seen(file);
    QVERIFY(seen.open(QIODevice::ReadOnly));
    QVERIFY(!seen.readAll().contains("token_secret"));
}

void TestCluster::remembersTheTarget()
{
    pickCluster();
    m_window->close();
    m_window.reset();
    makeWindow();
    QTRY_COMPARE(m_window->cluster()->targets()->currentName(), QString("hpc-a100"));
    QTRY_COMPARE(find<QComboBox>("run.target")->currentData().toString(), QString("hpc-a100"));
}

void TestCluster::runsAtTheTarget()
{
    openProject();
    pickCluster();
    m_window->runBar()->pick(m_folder->filePath("whisper/app.py"), "train");
    m_window->commands()->action("run.start")->trigger();
    QTRY_VERIFY(calls().last().startsWith("run "));
    QVERIFY(calls().last().contains("--target hpc-a100"));
    QTRY_VERIFY(!m_window->session()->run()->active());
}

void TestCluster::offersAFirstDeployment()
{
    openProject();
    press("activity.deploys");
    QTRY_VERIFY(find<QWidget>("deploys.emptyAction")->isVisible());
    shoot("deployments-empty");
    press("activity.targets");
    QTRY_VERIFY(find<QWidget>("nodes.emptyAction")->isVisible());
    shoot("targets-empty");
    press("activity.deploys");
    openPipe("plan");
    press("deploys.emptyAction");
    QTRY_COMPARE(deploy()->state(), DeployState::Planning);
}

int main(int argc, char** argv)
{
    QStandardPaths::setTestModeEnabled(true);
    QApplication application(argc, argv);
    TestCluster test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_Cluster.moc"
