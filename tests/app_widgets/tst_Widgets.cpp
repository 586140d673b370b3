// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/client/Files.h"
#include "app/client/LineSplitter.h"
#include "app/client/Session.h"
#include "app/widgets/CodeEditor.h"
#include "app/widgets/Icons.h"
#include "app/widgets/LogView.h"
#include "app/widgets/RunChip.h"
#include "app/widgets/Theme.h"
#include "app/widgets/ValueView.h"

#include <QApplication>
#include <QJsonObject>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

using namespace app;
using namespace app::widgets;

/// The widgets that paint themselves, looked at by what is where rather than by the exact pixel,
/// so that another font changes nothing.
class TestWidgets : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { loadResources(); }
    void logViewPaintsColours_data();
    void logViewPaintsColours();
    void logViewFollowsTheEnd();
    void logViewSelectsAndFilters();
    void chipIsPainted_data();
    void chipIsPainted();
    void editorPlacesChipsBesideFunctions();
    void editorFindsAndReplaces();
    void showsWhatAFunctionReturned();
    void sessionGoesThroughJson();
    void linesAreCutAndOverwritten();
    void filesAreReadAndWritten();

private:
    static void themes();
    static void useTheme(bool dark)
    {
        applyTheme(*qApp, dark ? ThemeChoice::Dark : ThemeChoice::Light);
    }
};

namespace {

/// How many pixels of `area` are within a few levels of `colour`.
int pixelsLike(const QImage& image, const QRect& area, const QColor& colour, int tolerance = 24)
{
    int count = 0;
    const auto inside = area & image.rect();
    for (int y = inside.top(); y <= inside.bottom(); ++y)
        for (int x = inside.left(); x <= inside.right(); ++x) {
            const auto pixel = image.pixelColor(x, y);
            if (std::abs(pixel.red() - colour.red()) <= tolerance
                && std::abs(pixel.green() - colour.green()) <= tolerance
                && std::abs(pixel.blue() - colour.blue()) <= tolerance)
                ++count;
        }
    return count;
}

void append(models::LogModel& model, const std::vector<std::string>& texts)
{
    std::vector<models::LogInput> lines;
    for (const auto& text : texts)
        lines.push_back({1'700'000'000'000'000, "ta-1", 1, text});
    model.append(lines);
    model.flush();
}

} // namespace

void TestWidgets::themes()
{
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

void TestWidgets::logViewPaintsColours_data()
{
    themes();
}

void TestWidgets::logViewPaintsColours()
{
    QFETCH(bool, dark);
    useTheme(dark);
    const auto& colours = dark ? darkColours() : lightColours();
    models::LogModel model;
    LogView view;
    view.setModel(&model);
    view.resize(700, 200);
    append(model, {"plain words here", "\x1b[31mRED RED RED RED\x1b[0m", "plain again"});
    const auto image = view.grab().toImage();
    const int row = QFontMetrics(view.font()).height() + 1;
    const auto red = colours.ansi[1];
    QVERIFY(pixelsLike(image, {0, row, 700, row}, red) > 60);
    QVERIFY(pixelsLike(image, {0, 0, 700, row}, red) < 5);
    QVERIFY(pixelsLike(image, {0, 0, 700, row}, colours.accent) > 10); // the task
    QVERIFY(pixelsLike(image, {0, 3 * row, 700, 80}, colours.base, 2) == 700 * 80);
}

void TestWidgets::logViewFollowsTheEnd()
{
    models::LogModel model;
    LogView view;
    view.setModel(&model);
    view.resize(500, 160);
    view.show();
    append(model, std::vector<std::string>(1000, "line"));
    auto* bar = view.verticalScrollBar();
    QCOMPARE(bar->value(), bar->maximum());
    bar->triggerAction(QAbstractSlider::SliderToMinimum);
    QVERIFY(!view.followsEnd());
    append(model, std::vector<std::string>(1000, "more"));
    QCOMPARE(bar->value(), 0);
    QTest::keyClick(&view, Qt::Key_End);
    QVERIFY(view.followsEnd());
    QCOMPARE(bar->value(), bar->maximum());
}

void TestWidgets::logViewSelectsAndFilters()
{
    models::LogModel model;
    models::LogFilter filter(model.store());
    models::LogFilter search(model.store());
    LogView view;
    view.setModel(&model);
    view.setFilter(&filter);
    view.setSearch(&search);
    view.resize(500, 160);
    append(model, {"alpha", "beta \x1b[1mbold\x1b[0m", "gamma", "beta two"});
    view.selectAll();
    QCOMPARE(view.selectedText(), QString("alpha\nbeta bold\ngamma\nbeta two"));
    filter.setPattern({"beta", false, false});
    QTRY_COMPARE(view.shownRows(), 2);
    view.selectAll();
    QCOMPARE(view.selectedText(), QString("beta bold\nbeta two"));
    filter.setPattern({});
    QCOMPARE(view.shownRows(), 4);
    search.setPattern({"gamma", false, false});
    QTRY_COMPARE(int(search.matches().size()), 1);
    QCOMPARE(view.goToMatch(1).value_or(-1), 0);
}

void TestWidgets::chipIsPainted_data()
{
    themes();
}

void TestWidgets::chipIsPainted()
{
    QFETCH(bool, dark);
    useTheme(dark);
    const auto& colours = dark ? darkColours() : lightColours();
    RunChip chip("Run");
    chip.resize(chip.sizeHint() + QSize(0, 4));
    const auto image = chip.grab().toImage();
    QVERIFY(pixelsLike(image, image.rect(), colours.chip, 6) > image.width() * image.height() / 2);
    QVERIFY(pixelsLike(image, {0, 0, 18, image.height()}, colours.chipText, 40)
            > 12); // the triangle
    QVERIFY(image.pixelColor(0, 0) != image.pixelColor(6, 4)); // round corners
    QSignalSpy clicked(&chip, &RunChip::clicked);
    QTest::mouseClick(&chip, Qt::LeftButton);
    QCOMPARE(clicked.count(), 1);
}

void TestWidgets::editorPlacesChipsBesideFunctions()
{
    CodeEditor editor("/p/app.py");
    editor.resize(700, 300);
    const QString source = "import modal\napp = modal.App()\n@app.function()\ndef f(): ...\n";
    editor.setText(source);
    editor.setRunnable(models::outlineOfPython(source).runnable());
    editor.show();
    auto* chip = editor.findChild<RunChip*>("editor.run.f");
    QVERIFY(chip != nullptr);
    QTRY_VERIFY(chip->isVisible());
    const auto first = chip->pos();
    QVERIFY(first.x() > 100);
    editor.insertAt("\n\n", 0, 0); // the chip moves with its line
    QTRY_VERIFY(chip->y() > first.y() + 20);
    QSignalSpy asked(&editor, &CodeEditor::runRequested);
    QTest::mouseClick(chip, Qt::LeftButton);
    QCOMPARE(asked.value(0).value(0).toString(), QString("f"));
}

void TestWidgets::editorFindsAndReplaces()
{
    CodeEditor editor("/p/a.txt");
    editor.setText("one two One\ntwo");
    QVERIFY(editor.find("two", false, true, false));
    QCOMPARE(editor.selectedText(), QString("two"));
    QVERIFY(editor.find("two", false, true, false));
    int line = 0;
    int column = 0;
    editor.getCursorPosition(&line, &column);
    QCOMPARE(line, 1);
    QVERIFY(!editor.find("three", false, true, false));
    QCOMPARE(editor.replaceAll("one", "1\\0", false, false), 2);
    QCOMPARE(editor.text(), QString("1\\0 two 1\\0\ntwo"));
    editor.undo();
    QCOMPARE(editor.text(), QString("one two One\ntwo"));
}

void TestWidgets::showsWhatAFunctionReturned()
{
    ValueView view;
    const auto show = [&](const QByteArray& bytes) {
        auto pickle = models::readPickle({bytes.constData(), std::size_t(bytes.size())});
        QVERIFY(bool(pickle));
        view.showValue("f", std::make_shared<const models::Pickle>(*std::move(pickle)));
    };
    show(QByteArray::fromHex("80045d285d284b014b02655d284b034b0465652e"));
    QCOMPARE(view.form(), models::ValueForm::Table);
    show(QByteArray::fromHex("80044e2e"));
    QCOMPARE(view.form(), models::ValueForm::Nothing);
    show(QByteArray::fromHex("80044308") + "\x89PNG\r\n\x1a\n" + "."); // damaged: shown as a tree
    QVERIFY(!view.hasPicture());
    view.showFailure("f failed", "ValueError", "Traceback");
    QVERIFY(!view.hasPicture());
}

void TestWidgets::sessionGoesThroughJson()
{
    client::Session session;
    session.folder = "/p";
    session.tabs = {{"/p/a.py", 3, 4, 1, QString("unsaved")}, {"/p/b.py", 0, 0, 0, {}}};
    session.theme = "dark";
    session.fontSize = 13;
    session.addRecent("/q");
    session.addRecent("/p");
    session.addRecent("/q");
    const QTemporaryDir folder;
    session.save(folder.filePath("x/studio.json"));
    const auto back = client::Session::load(folder.filePath("x/studio.json"));
    QCOMPARE(back.toJson(), session.toJson());
    QCOMPARE(back.recent, QStringList({"/q", "/p"}));
    QVERIFY(back.tabs[1].journal.isNull());
    QCOMPARE(client::Session::load("/nowhere").theme, QString("system"));
}

void TestWidgets::linesAreCutAndOverwritten()
{
    client::LineSplitter lines;
    QCOMPARE(lines.feed("a\nb"), QByteArrayList({"a"}));
    QCOMPARE(lines.feed("c\r\n10%\r20%\r"), QByteArrayList({"bc"}));
    QCOMPARE(lines.feed("30%\n"), QByteArrayList({"30%"}));
    QCOMPARE(lines.rest(), QByteArray());
}

void TestWidgets::filesAreReadAndWritten()
{
    const QTemporaryDir folder;
    const auto path = folder.filePath("ä.py");
    QVERIFY(bool(client::writeTextFile(path, "grün\n")));
    const auto read = client::readTextFile(path);
    QVERIFY(bool(read));
    QCOMPARE(read->text, QString("grün\n"));
    QVERIFY(!client::readTextFile(folder.filePath("missing")));
    QFile binary(folder.filePath("b"));
    QVERIFY(binary.open(QIODevice::WriteOnly));
    binary.write("\xff\xfe\x00", 3);
    binary.close();
    QVERIFY(!client::readTextFile(binary.fileName()));
    QCOMPARE(client::scanFolder(folder.path()).children.size(), std::size_t(2));
}

QTEST_MAIN(TestWidgets)
#include "tst_Widgets.moc"
