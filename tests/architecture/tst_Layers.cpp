// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include <QtTest>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace fs = std::filesystem;

/// Holds the tree to its rooms: who may include whom, who may name a third party, and the
/// SPDX line of each file.
class TestLayers : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void everyIncludeIsOfAnAllowedRoom();
    void roomsHaveNoCycle();
    void thirdPartiesStayInTheirRooms();
    void everyFileNamesItsLicence();

private:
    struct Source {
        std::string path;
        std::string room;
        std::string text;
    };

    std::map<std::string, std::set<std::string>> m_uses;
    std::vector<Source> m_sources;
};

namespace {

std::string readAll(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<std::string> includesOf(const std::string& text)
{
    static const std::regex line(R"re((?:^|\n)[ \t]*#[ \t]*include[ \t]*(["<][^">]+[">]))re");
    std::vector<std::string> found;
    for (std::sregex_iterator it(text.begin(), text.end(), line), end; it != end; ++it)
        found.push_back((*it)[1]);
    return found;
}

bool startsWith(const std::string& text, const std::string& prefix)
{
    return text.rfind(prefix, 0) == 0;
}

} // namespace

void TestLayers::initTestCase()
{
    std::ifstream layers(SLIPWAY_BINARY_DIR "/layers.txt");
    QVERIFY2(layers.is_open(), "layers.txt is written when CMake configures");
    for (std::string line; std::getline(layers, line);) {
        const auto colon = line.find(':');
        std::stringstream uses(line.substr(colon + 1));
        auto& set = m_uses[line.substr(0, colon)];
        for (std::string room; std::getline(uses, room, ';');) {
            room.erase(0, room.find_first_not_of(' '));
            if (!room.empty())
                set.insert(room);
        }
    }
    QVERIFY(!m_uses.empty());

    const fs::path root = SLIPWAY_SOURCE_DIR;
    for (const char* top : {"app", "emulator", "remote"}) {
        if (!fs::exists(root / top))
            continue;
        for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
            const auto extension = entry.path().extension();
            if (extension != ".cpp" && extension != ".h")
                continue;
            const auto path = fs::relative(entry.path(), root).string();
            m_sources.push_back(
                {path, fs::path(path).parent_path().string(), readAll(entry.path())});
        }
    }
    QVERIFY(!m_sources.empty());
}

void TestLayers::everyIncludeIsOfAnAllowedRoom()
{
    std::string wrong;
    for (const auto& source : m_sources) {
        const auto own = m_uses.find(source.room);
        if (own == m_uses.end())
            continue; // a room that this preset does not build
        for (const auto& include : includesOf(source.text)) {
            if (include.front() != '"')
                continue;
            const auto target = include.substr(1, include.size() - 2);
            const auto room = fs::path(target).parent_path().string();
            if (!startsWith(room, "app") && !startsWith(room, "emulator")
                && !startsWith(room, "remote"))
                continue; // generated
            if (room != source.room && !own->second.contains(room))
                wrong += source.path + " includes " + target + "\n";
        }
    }
    QVERIFY2(wrong.empty(), wrong.c_str());
}

void TestLayers::roomsHaveNoCycle()
{
    std::map<std::string, int> state;
    std::string cycle;
    const std::function<void(const std::string&)> visit = [&](const std::string& room) {
        if (state[room] == 2)
            return;
        if (state[room] == 1) {
            cycle += room + " uses itself in a circle\n";
            return;
        }
        state[room] = 1;
        for (const auto& used : m_uses[room])
            visit(used);
        state[room] = 2;
    };
    for (const auto& [room, uses] : std::map(m_uses))
        visit(room);
    QVERIFY2(cycle.empty(), cycle.c_str());
}

void TestLayers::thirdPartiesStayInTheirRooms()
{
    struct Rule {
        std::regex header;
        std::vector<std::string> rooms;
    };
    const std::vector<Rule> rules {
        {std::regex(R"(<(grpcpp?|google/protobuf)/.*)"),
         {"emulator/rpc", "emulator/api", "app/client"}},
        {std::regex(R"(<sqlite3\.h>)"), {"emulator/store"}},
        {std::regex(R"(<Q[A-Za-z].*|<Qsci/.*|<qcustomplot\.h>)"), {"app/"}},
        {std::regex(R"(<git2.*)"), {"app/client", "app/models"}},
        {std::regex(R"(<archive.*)"), {"emulator/image", "emulator/container"}},
        {std::regex(R"(<nlohmann/.*)"), {"emulator/base"}},
        {std::regex(R"(<spdlog/.*)"), {"emulator/base"}},
    };
    std::string wrong;
    for (const auto& source : m_sources)
        for (const auto& include : includesOf(source.text))
            for (const auto& rule : rules) {
                if (!std::regex_match(include, rule.header))
                    continue;
                const bool allowed = std::any_of(
                    rule.rooms.begin(), rule.rooms.end(),
                    [&](const std::string& room) { return startsWith(source.room + "/", room); });
                if (!allowed)
                    wrong += source.path + " includes " + include + "\n";
            }
    QVERIFY2(wrong.empty(), wrong.c_str());
}

void TestLayers::everyFileNamesItsLicence()
{
    std::string wrong;
    for (const auto& source : m_sources) {
        const std::string licence
            = startsWith(source.path, "app/") ? "GPL-3.0-or-later" : "Apache-2.0";
        if (source.text.find("SPDX-License-Identifier: " + licence) == std::string::npos)
            wrong += source.path + " lacks SPDX-License-Identifier: " + licence + "\n";
    }
    QVERIFY2(wrong.empty(), wrong.c_str());
}

QTEST_GUILESS_MAIN(TestLayers)
#include "tst_Layers.moc"
