// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/remote_registry/Samples.h"

#include "emulator/base/Bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <random>

namespace samples {

namespace fs = std::filesystem;
using namespace remote::registry;

namespace {

void setTime(const fs::path& path, std::int64_t seconds, long nanoseconds)
{
    const std::array<timespec, 2> times {timespec {seconds, nanoseconds},
                                         timespec {seconds, nanoseconds}};
    ::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW);
}

std::string attributes(const fs::path& path)
{
    std::array<char, 4096> list {};
    const auto size = ::llistxattr(path.c_str(), list.data(), list.size());
    std::map<std::string, std::string> all;
    for (ssize_t at = 0; at < size;) {
        const std::string name(list.data() + at);
        at += static_cast<ssize_t>(name.size()) + 1;
        std::array<char, 4096> value {};
        const auto length = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
        all[name]
            = std::string(value.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    }
    std::string text;
    for (const auto& [name, value] : all)
        text += " " + name + "=" + emulator::toHex(value);
    return text;
}

} // namespace

void write(const fs::path& file, std::string_view content, unsigned mode)
{
    std::ofstream(file, std::ios::binary) << content;
    ::chmod(file.c_str(), mode);
}

void fillLayer(const fs::path& folder, std::string_view flavour)
{
    fs::create_directories(folder / "usr" / "lib" / "empty");
    fs::create_directories(folder / "opaque" / "inner");
    write(folder / "usr" / "lib" / "code.so", std::string(flavour) + noise(70'000, 1), 0755);
    write(folder / "usr" / "lib" / "exactly-a-block", std::string(512, 'x'));
    write(folder / "usr" / "nothing", "", 0600);
    write(folder / "usr" / "setuid", "s", 04755);
    write(folder / "usr" / ("long-" + std::string(120, 'n')), "a long name");
    const auto deep = folder / std::string(90, 'd') / std::string(90, 'e') / std::string(200, 'f');
    fs::create_directories(deep);
    write(deep / "file", "deep");
    write(folder / "usr" / "a b\tc\xc3\xa4", "odd name");
    fs::create_hard_link(folder / "usr" / "lib" / "code.so", folder / "usr" / "twin");
    fs::create_hard_link(folder / "usr" / "lib" / "code.so", folder / "another-twin");
    fs::create_symlink("../lib/code.so", folder / "usr" / "link");
    fs::create_symlink("/" + std::string(150, 't'), folder / "usr" / "long-link");
    ::mkfifo((folder / "pipe").c_str(), 0640);
    ::mknod((folder / "usr" / "gone").c_str(), S_IFCHR, makedev(0, 0));
    ::setxattr((folder / "opaque").c_str(),
               ::geteuid() == 0 ? "trusted.overlay.opaque" : "user.overlay.opaque", "y", 1, 0);
    ::setxattr((folder / "usr" / "nothing").c_str(), "user.note", "a\0b\n", 4, 0);
    ::setxattr((folder / "usr").c_str(), "user.folder", "v", 1, 0);
    if (::geteuid() == 0) {
        ::chown((folder / "usr" / "nothing").c_str(), 1234, 3'000'000);
        ::lchown((folder / "usr" / "link").c_str(), 7, 8);
    }
    setTime(folder / "usr" / "nothing", -5, 250'000'000);
    setTime(folder / "usr" / "link", 1'700'000'000, 1);
    setTime(folder / "usr" / "lib" / "empty", 1'600'000'000, 123'456'789);
    setTime(folder / "usr" / "lib", 1'500'000'000, 0);
    ::chmod((folder / "usr" / "lib" / "empty").c_str(), 0500);
}

std::map<std::string, std::string> describe(const fs::path& folder)
{
    std::map<std::string, std::string> tree;
    std::map<ino_t, std::string> linked;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const auto& path = entry.path();
        const auto name = fs::relative(path.parent_path(), folder) / path.filename();
        struct stat status {};
        ::lstat(path.c_str(), &status);
        std::string text = std::to_string(status.st_mode) + " " + std::to_string(status.st_uid)
            + ":" + std::to_string(status.st_gid) + attributes(path);
        if (S_ISCHR(status.st_mode)) {
            tree[name.string()] = "whiteout " + std::to_string(status.st_rdev);
            continue;
        }
        text += " " + std::to_string(status.st_mtim.tv_sec) + "."
            + std::to_string(status.st_mtim.tv_nsec);
        if (S_ISREG(status.st_mode))
            text += " " + std::to_string(status.st_nlink) + " "
                + emulator::sha256Hex(*emulator::readFile(path));
        if (S_ISLNK(status.st_mode))
            text += " -> " + fs::read_symlink(path).string();
        tree[name.string()] = text;
    }
    return tree;
}

std::string noise(std::size_t size, unsigned seed)
{
    std::mt19937 random(seed);
    std::string bytes(size, '\0');
    for (auto& c : bytes)
        c = static_cast<char>(random());
    return bytes;
}

Home::Home(int layers, std::size_t bytes)
    : folder(*emulator::TempDir::create())
    , store {folder.path()}
{
    image.id = "im-sample";
    image.pythonVersion = "Python 3.11.2";
    image.config.environment = {{"PATH", "/usr/bin"}, {"A", "b=c"}};
    image.config.command = {"python3"};
    image.config.workingDirectory = "/root";
    image.config.labels = {{"who", "me"}};
    for (int i = 0; i < layers; ++i) {
        const auto key = emulator::sha256Hex("layer " + std::to_string(i));
        const auto at = store.layers() / key;
        fs::create_directories(at);
        fillLayer(at, key);
        write(at / "noise", noise(bytes, static_cast<unsigned>(i) + 10));
        image.layers.push_back(key);
    }
}

std::string archive(const std::vector<TarEntry>& entries)
{
    std::string bytes;
    for (const auto& entry : entries) {
        bytes += tarHeader(entry);
        bytes += std::string(entry.size, 'x');
        bytes += std::string(tarPadding(entry.size), '\0');
    }
    return bytes + std::string(2 * tarBlock, '\0');
}

} // namespace samples
