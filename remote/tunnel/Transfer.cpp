// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Transfer.h"

#include "emulator/base/Files.h"
#include "emulator/base/UniqueFd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace remote::tunnel {

using namespace emulator;
namespace fs = std::filesystem;

namespace {

struct Pipe {
    UniqueFd readEnd;
    UniqueFd writeEnd;

    static Result<Pipe> create()
    {
        std::array<int, 2> ends {};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            return errnoError("make a pipe", errno);
        return Pipe {UniqueFd(ends[0]), UniqueFd(ends[1])};
    }
};

/// A folder of links, which tar follows: the bundle as it is to lie over there.
Result<TempDir> layOut(const Bundle& bundle)
{
    TRY_ASSIGN(auto folder, TempDir::create());
    std::error_code failed;
    for (const auto& file : bundle.files) {
        const auto link = folder.path() / file.name;
        fs::create_directories(link.parent_path(), failed);
        if (!failed)
            fs::create_symlink(fs::absolute(file.source), link, failed);
        if (failed)
            return Error(ErrorCode::Io, "lay out " + link.string() + ": " + failed.message());
    }
    return folder;
}

/// Copies to the end of the source; how much it was is told as it goes.
bool pump(int from, int to, std::uint64_t all, const OnBytes& onBytes)
{
    std::array<char, 1U << 16U> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init)
    std::uint64_t sent = 0;
    for (;;) {
        const auto got = ::read(from, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        for (ssize_t at = 0; at < got;) {
            const auto written
                = ::write(to, buffer.data() + at, static_cast<std::size_t>(got - at));
            if (written < 0 && errno != EINTR)
                return false;
            at += written > 0 ? written : 0;
        }
        sent += static_cast<std::uint64_t>(got);
        if (onBytes)
            onBytes(std::min(sent, all), all);
    }
}

std::string unpackCommand(const std::string& id, const std::string& folder)
{
    const auto script = "set -e; umask 077; mkdir -p " + quoted(folder + "/versions") + "; cd "
        + quoted(folder + "/versions") + "; part=" + id
        + ".part.$$; mkdir \"$part\"; tar -xzf - -C \"$part\"; if [ -d " + id
        + " ]; then rm -rf \"$part\"; else mv \"$part\" " + id + "; fi";
    return "exec sh -c " + quoted(script);
}

std::string contentOf(const UniqueFd& file)
{
    std::array<char, 4096> buffer {};
    const auto got = ::pread(file.get(), buffer.data(), buffer.size(), 0);
    return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
}

Fault here(const Error& error)
{
    return {Obstacle::Programs, error.message(), "try again"};
}

struct Sent {
    ExitStatus status;
    std::string words;
};

Result<Sent> send(const Ssh& ssh, const Bundle& bundle, const std::string& folder,
                  const OnBytes& onBytes)
{
    TRY_ASSIGN(const auto laidOut, layOut(bundle));
    TRY_ASSIGN(auto packed, Pipe::create());
    TRY_ASSIGN(auto counted, Pipe::create());
    TRY_ASSIGN(auto squeezed, Pipe::create());
    const UniqueFd words(::memfd_create("words", MFD_CLOEXEC));
    TRY_ASSIGN(auto tar,
               Subprocess::start({.argv = {"tar", "--owner=0", "--group=0", "--numeric-owner",
                                           "-chf", "-", "-C", laidOut.path().string(), "."}},
                                 -1, packed.writeEnd.get(), words.get()));
    TRY_ASSIGN(auto gzip,
               Subprocess::start({.argv = {"gzip", "-1"}}, counted.readEnd.get(),
                                 squeezed.writeEnd.get(), words.get()));
    TRY_ASSIGN(auto far,
               Subprocess::start({.argv = ssh.commandLine(unpackCommand(bundle.id, folder))},
                                 squeezed.readEnd.get(), words.get(), words.get()));
    packed.writeEnd.reset();
    counted.readEnd.reset();
    squeezed.readEnd.reset();
    squeezed.writeEnd.reset();
    pump(packed.readEnd.get(), counted.writeEnd.get(), bundle.bytes, onBytes);
    packed.readEnd.reset();
    counted.writeEnd.reset();
    const auto packing = tar.wait();
    const auto squeezing = gzip.wait();
    auto status = far.wait();
    if (status.success() && !(packing.success() && squeezing.success()))
        status = packing.success() ? squeezing : packing;
    return Sent {status, contentOf(words)};
}

} // namespace

std::optional<Fault> sendBundle(const Ssh& ssh, const Bundle& bundle, const std::string& folder,
                                const OnBytes& onBytes)
{
    const auto sent = send(ssh, bundle, folder, onBytes);
    if (!sent)
        return here(sent.error());
    if (sent->status.success())
        return {};
    constexpr int sshFailed = 255;
    if (sent->status.code == sshFailed)
        return ssh.explain(sshFailed, sent->words);
    return Fault {Obstacle::Programs,
                  "the programs could not be unpacked in " + folder + " on " + ssh.host() + ": "
                      + lastLines(sent->words),
                  "make room there (or choose another --home), and run it again: it goes on"};
}

std::optional<Fault> activate(const Ssh& ssh, const std::string& id, const std::string& folder)
{
    const auto script = "new=versions/" + id + "\nfolder=" + quoted(folder) + R"sh(
cd "$folder" || exit 1
if ! said=$("$new/bin/slipwayd" --version 2>&1); then
    echo "$said" >&2
    exit 1
fi
old=$(readlink current 2>/dev/null)
if [ "$old" != "$new" ]; then
    ln -s "$new" ".current.$$" && mv -fT ".current.$$" current || exit 1
    [ -z "$old" ] || echo "$old" >previous
fi
keep=" $new $(cat previous 2>/dev/null) "
for exe in /proc/[0-9]*/exe; do
    case $(readlink "$exe" 2>/dev/null) in
        "$folder"/versions/*)
            running=$(readlink "$exe")
            running=${running#"$folder"/versions/}
            keep="$keep versions/${running%%/*} "
            ;;
    esac
done
for version in versions/*; do
    case $version in *.part.*) continue ;; esac
    case $keep in *" $version "*) ;; *) rm -rf "$version" ;; esac
done
find versions -maxdepth 1 -name '*.part.*' -mmin +60 -exec rm -rf {} +
exit 0
)sh";
    const auto ran = ssh.run("exec sh -s", script, std::chrono::seconds(120));
    if (ran.fault)
        return ran.fault;
    if (!ran.output.status.success())
        return Fault {Obstacle::Programs,
                      "the programs were sent but do not run on " + ssh.host() + ": "
                          + lastLines(ran.output.standardError),
                      "it needs the same kind of machine and a C library that is not older; use "
                      "another login node, or build Slipway on such a system"};
    return {};
}

} // namespace remote::tunnel
