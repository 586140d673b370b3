// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "emulator/image/LayerView.h"

#include <QtTest>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

using namespace emulator;
using namespace emulator::image;
namespace fs = std::filesystem;

/// Layers, merged without mounting.
class TestLayerView : public QObject {
    Q_OBJECT

private slots:
    void init();
    void upperHidesLower();
    void linksStayInside();
    void ringsEnd();
    void whiteoutsHide();
    void opaqueFoldersHide();

private:
    void write(const fs::path& path, std::string_view text = "x") const
    {
        fs::create_directories(path.parent_path());
        QVERIFY(writeFileAtomically(path, text));
    }
    LayerView view() const { return LayerView({m_low, m_high}); }

    std::optional<TempDir> m_folder;
    fs::path m_low;
    fs::path m_high;
};

void TestLayerView::init()
{
    m_folder.emplace(*TempDir::create());
    m_low = m_folder->path() / "low";
    m_high = m_folder->path() / "high";
    fs::create_directories(m_low);
    fs::create_directories(m_high);
}

void TestLayerView::upperHidesLower()
{
    write(m_low / "d/a", "low");
    write(m_low / "d/b", "low");
    write(m_high / "d/a", "high");
    write(m_high / "d/c", "high");
    QCOMPARE(view().text("/d/a"), std::string("high"));
    QCOMPARE(view().text("/d/b"), std::string("low"));
    const auto children = LayerView::list(**view().find("/d"));
    QCOMPARE(children->size(), std::size_t {3});
    QVERIFY(!*view().find("/d/a/below"));
}

void TestLayerView::linksStayInside()
{
    write(m_low / "usr/lib/x", "inside");
    write(m_folder->path() / "secret", "outside");
    fs::create_symlink("usr/lib", m_low / "lib");
    fs::create_symlink("/usr", m_high / "absolute");
    fs::create_symlink("../../../../../.." + m_folder->path().string() + "/secret",
                       m_high / "escape");
    QCOMPARE(view().text("/lib/x"), std::string("inside"));
    QCOMPARE(view().text("/absolute/lib/../lib/x"), std::string("inside"));
    QCOMPARE((**view().find("/lib/x")).path, std::string("/usr/lib/x"));
    QCOMPARE(view().text("/escape"), std::string());
    QCOMPARE(view().text("/../../" + m_folder->path().string() + "/secret"), std::string());
    QVERIFY((*view().find("/escape", LayerView::LastLink::Keep))->isLink());
}

void TestLayerView::ringsEnd()
{
    fs::create_symlink("b", m_low / "a");
    fs::create_symlink("a", m_low / "b");
    QVERIFY(!view().find("/a"));
}

void TestLayerView::whiteoutsHide()
{
    write(m_low / "d/a");
    if (::mknod((m_high / "d").c_str(), S_IFCHR | 0600, makedev(0, 0)) != 0)
        QSKIP("this user may not make a whiteout");
    QVERIFY(!*view().find("/d/a"));
    QVERIFY(LayerView::list(**view().find("/"))->empty());
}

void TestLayerView::opaqueFoldersHide()
{
    write(m_low / "d/a");
    write(m_high / "d/b");
    if (::setxattr((m_high / "d").c_str(), "user.overlay.opaque", "y", 1, 0) != 0)
        QSKIP("this file system has no user attributes");
    QVERIFY(!*view().find("/d/a"));
    QVERIFY(*view().find("/d/b"));
}

QTEST_GUILESS_MAIN(TestLayerView)
#include "tst_LayerView.moc"
