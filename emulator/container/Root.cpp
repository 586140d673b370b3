// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// The order of the steps is fixed by the kernel. Layers are opened in this namespace (a mount of
// another one cannot be a layer) and named to overlayfs by descriptor, relative to /proc/self/fd:
// mount(2) takes one page of options, which 60 layers with long paths would overflow. /proc is
// mounted before the host's goes away, because a user namespace may mount one only while it can
// see another whole one. Mount points that an image lacks come from a scaffold, a layer in memory
// below all others, so that they never appear among the container's own writes.

#include "emulator/container/Root.h"

#include "emulator/base/Files.h"
#include "emulator/container/Kernel.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace emulator::container {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t mostLayers = 490; ///< overlayfs takes 500

/// A folder in memory: lower/ is the lowest layer, empty/ hides folders, files/ has name files.
struct Scaffold {
    fs::path folder;

    [[nodiscard]] fs::path lower() const { return folder / "lower"; }
    [[nodiscard]] fs::path empty() const { return folder / "empty"; }
    [[nodiscard]] fs::path files() const { return folder / "files"; }
};

Result<> writeText(const fs::path& path, std::string_view text)
{
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file)
        return errnoError("write " + path.string(), errno);
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return errnoError("write " + path.string(), errno);
    return {};
}

std::string hostFile(const char* path)
{
    auto text = readFile(path);
    return text ? *std::move(text) : std::string();
}

bool isFolder(const fs::path& source)
{
    std::error_code ignored;
    return fs::is_directory(source, ignored);
}

Result<Scaffold> makeScaffold(const ContainerPlan& plan, const fs::path& stateFolder)
{
    Scaffold scaffold {stateFolder / "scaffold"};
    TRY(kernel::check(
        "mount scaffold",
        ::mount("tmpfs", scaffold.folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")));
    for (const auto& folder : {scaffold.lower(), scaffold.empty(), scaffold.files()})
        ::mkdir(folder.c_str(), 0755);
    TRY(writeText(scaffold.files() / "hostname", plan.hostname + "\n"));
    TRY(writeText(scaffold.files() / "resolv.conf", hostFile("/etc/resolv.conf")));
    auto hosts = hostFile("/etc/hosts");
    if (!hosts.empty() && hosts.back() != '\n')
        hosts += '\n';
    if (!plan.hostname.empty())
        hosts += "127.0.1.1 " + plan.hostname + "\n";
    TRY(writeText(scaffold.files() / "hosts", hosts));

    const UniqueFd lower(::open(scaffold.lower().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    for (const char* folder : {"/proc", "/sys", "/dev", "/tmp"})
        TRY(kernel::makeInRoot(lower.get(), folder, false));
    ::chmod((scaffold.lower() / "tmp").c_str(), 01777);
    for (const char* file : {"/etc/hostname", "/etc/resolv.conf", "/etc/hosts"})
        TRY(kernel::makeInRoot(lower.get(), file, true));
    for (const auto& mount : plan.mounts)
        TRY(kernel::makeInRoot(lower.get(), mount.target,
                               mount.kind != Mount::Kind::Tmpfs && !isFolder(mount.source)));
    return scaffold;
}

Result<UniqueFd> openLayer(const fs::path& path)
{
    UniqueFd layer(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!layer)
        return errnoError("layer " + path.string(), errno);
    return layer;
}

Result<> mountOverlay(const ContainerPlan& plan, const Capability& capability,
                      const Scaffold& scaffold, const fs::path& target)
{
    if (plan.layers.size() > mostLayers)
        return Error(ErrorCode::Invalid,
                     std::to_string(plan.layers.size()) + " layers; overlayfs takes "
                         + std::to_string(mostLayers) + ": squash the image");
    std::vector<UniqueFd> open;
    std::string lower;
    for (auto layer = plan.layers.rbegin(); layer != plan.layers.rend(); ++layer) {
        TRY_ASSIGN(UniqueFd fd, openLayer(*layer));
        lower += std::to_string(fd.get()) + ":";
        open.push_back(std::move(fd));
    }
    TRY_ASSIGN(const UniqueFd scaffoldLayer, openLayer(scaffold.lower()));
    TRY_ASSIGN(const UniqueFd upper, openLayer(plan.writes));
    TRY_ASSIGN(const UniqueFd work, openLayer(workFolder(plan)));
    const std::string options = "lowerdir=" + lower + std::to_string(scaffoldLayer.get())
        + ",upperdir=" + std::to_string(upper.get()) + ",workdir="
        + std::to_string(work.get())
        // userxattr excludes both by itself, and refuses to hear it.
        + (capability.way == Capability::Way::Root ? ",redirect_dir=off,metacopy=off"
                                                   : ",userxattr");
    TRY(kernel::check("open /proc/self/fd", ::chdir("/proc/self/fd")));
    // volatile: nobody reads this upper directory after a crash, so tear-down need not sync it.
    const auto attempt = [&](const std::string& all) {
        return ::mount("overlay", target.c_str(), "overlay", MS_NODEV, all.c_str());
    };
    if (attempt(options + ",volatile") == 0)
        return {};
    return kernel::check("mount overlay of " + std::to_string(plan.layers.size()) + " layers",
                         errno == EINVAL ? attempt(options) : -1);
}

/// Binds `source` over `target` of the root; what is bound is opened again and returned.
Result<UniqueFd> bind(int root, const fs::path& source, const std::string& target, bool file)
{
    TRY_ASSIGN(const UniqueFd place, kernel::makeInRoot(root, target, file));
    auto bound = kernel::mountOn(place.get(), source.c_str(), nullptr, MS_BIND | MS_REC, nullptr);
    if (!bound)
        return std::move(bound).error().within("bind " + source.string() + " on " + target);
    return kernel::openInRoot(root, target);
}

Result<> mountDevices(int root, const ContainerPlan& plan)
{
    TRY_ASSIGN(const UniqueFd place, kernel::makeInRoot(root, "/dev", false));
    TRY(kernel::mountOn(place.get(), "tmpfs", "tmpfs", MS_NOSUID, "mode=755,size=64k"));
    for (const char* device : {"null", "zero", "full", "random", "urandom", "tty"}) {
        const auto path = std::string("/dev/") + device;
        TRY(bind(root, path, path, true));
    }
    TRY_ASSIGN(const UniqueFd dev, kernel::openInRoot(root, "/dev"));
    ::mkdirat(dev.get(), "pts", 0755);
    ::mkdirat(dev.get(), "shm", 01777);
    TRY_ASSIGN(const UniqueFd pts, kernel::openInRoot(root, "/dev/pts"));
    constexpr unsigned long quiet = MS_NOSUID | MS_NOEXEC;
    // Group 5 is tty; a user namespace of one id does not know it.
    if (!kernel::mountOn(pts.get(), "devpts", "devpts", quiet,
                         "newinstance,ptmxmode=0666,mode=620,gid=5"))
        TRY(kernel::mountOn(pts.get(), "devpts", "devpts", quiet, "newinstance,ptmxmode=0666"));
    TRY_ASSIGN(const UniqueFd shm, kernel::openInRoot(root, "/dev/shm"));
    const std::string size = plan.limits.memoryBytes == 0
        ? "mode=1777,size=50%"
        : "mode=1777,size=" + std::to_string(plan.limits.memoryBytes);
    TRY(kernel::mountOn(shm.get(), "shm", "tmpfs", MS_NOSUID | MS_NODEV, size.c_str()));
    constexpr std::array<std::pair<const char*, const char*>, 6> links {{{"pts/ptmx", "ptmx"},
                                                                         {"/proc/self/fd", "fd"},
                                                                         {"fd/0", "stdin"},
                                                                         {"fd/1", "stdout"},
                                                                         {"fd/2", "stderr"},
                                                                         {"/proc/kcore", "core"}}};
    for (const auto& [target, name] : links)
        ::symlinkat(target, dev.get(), name);
    return {};
}

/// Hides what exists of `paths`: files behind /dev/null, folders behind an empty one.
Result<> mask(int root, const fs::path& empty, std::initializer_list<const char*> paths)
{
    for (const char* path : paths) {
        auto place = kernel::openInRoot(root, path);
        if (!place)
            continue;
        struct stat facts {};
        ::fstat(place->get(), &facts);
        const bool folder = S_ISDIR(facts.st_mode);
        const std::string source = folder ? empty.string() : std::string("/dev/null");
        auto hidden = kernel::mountOn(place->get(), source.c_str(), nullptr, MS_BIND, nullptr);
        if (!hidden)
            return std::move(hidden).error().within(std::string("mask ") + path);
        if (!folder)
            continue;
        TRY_ASSIGN(const UniqueFd cover, kernel::openInRoot(root, path));
        TRY(kernel::makeReadOnly(cover.get(), false));
    }
    return {};
}

/// A fresh read-only sysfs; where the network belongs to the host and we are not its root, the
/// host's own, read-only; where that is refused too, an empty folder.
Result<> mountSys(int root, const Scaffold& scaffold)
{
    TRY_ASSIGN(const UniqueFd place, kernel::makeInRoot(root, "/sys", false));
    constexpr unsigned long quiet = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (!kernel::mountOn(place.get(), "sysfs", "sysfs", quiet | MS_RDONLY, nullptr)) {
        if (kernel::mountOn(place.get(), "/sys", nullptr, MS_BIND | MS_REC, nullptr)) {
            TRY_ASSIGN(const UniqueFd sys, kernel::openInRoot(root, "/sys"));
            TRY(kernel::makeReadOnly(sys.get(), false));
        } else {
            TRY(kernel::mountOn(place.get(), "tmpfs", "tmpfs", quiet | MS_RDONLY, "size=4k"));
        }
    }
    return mask(root, scaffold.empty(),
                {"/sys/firmware", "/sys/devices/virtual/powercap", "/sys/kernel/debug",
                 "/sys/kernel/tracing", "/sys/kernel/security", "/sys/fs/cgroup", "/sys/fs/bpf"});
}

Result<> mountPlanned(int root, const ContainerPlan& plan)
{
    for (const auto& mount : plan.mounts) {
        if (mount.kind == Mount::Kind::Tmpfs) {
            TRY_ASSIGN(const UniqueFd place, kernel::makeInRoot(root, mount.target, false));
            TRY(kernel::mountOn(place.get(), "tmpfs", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"));
            continue;
        }
        TRY_ASSIGN(const UniqueFd bound,
                   bind(root, mount.source, mount.target, !isFolder(mount.source)));
        if (mount.kind == Mount::Kind::BindReadOnly) {
            struct stat facts {};
            ::fstat(bound.get(), &facts);
            TRY(kernel::makeReadOnly(bound.get(), S_ISCHR(facts.st_mode)));
        }
    }
    return {};
}

Result<> fill(int root, const ContainerPlan& plan, const Scaffold& scaffold)
{
    TRY(mountDevices(root, plan));
    TRY(mountSys(root, scaffold));
    for (const char* file : {"hostname", "resolv.conf", "hosts"})
        TRY(bind(root, scaffold.files() / file, std::string("/etc/") + file, true));
    return mountPlanned(root, plan);
}

Result<> makeWritable(const ContainerPlan& plan)
{
    std::error_code failed;
    fs::create_directories(plan.writes, failed);
    if (!failed)
        fs::create_directory(workFolder(plan), failed);
    if (failed)
        return Error(ErrorCode::Io, "make " + plan.writes.string() + ": " + failed.message());
    return {};
}

} // namespace

fs::path workFolder(const ContainerPlan& plan)
{
    auto path = plan.writes;
    path += ".work";
    return path;
}

Result<> prepareMountPoints(const fs::path& stateFolder)
{
    std::error_code failed;
    for (const char* name : {"root", "scaffold"})
        if (fs::create_directories(stateFolder / name, failed); failed)
            return Error(ErrorCode::Io,
                         "make " + (stateFolder / name).string() + ": " + failed.message());
    return {};
}

Result<> mountProc(int root)
{
    TRY_ASSIGN(const UniqueFd place, kernel::makeInRoot(root, "/proc", false));
    auto mounted
        = kernel::mountOn(place.get(), "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
    if (!mounted)
        return std::move(mounted).error().within("/proc");
    return {};
}

Result<> enterRoot(const ContainerPlan& plan, const Capability& capability,
                   const fs::path& stateFolder)
{
    TRY(kernel::check("make mounts private",
                      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr)));
    TRY(makeWritable(plan));
    TRY_ASSIGN(const Scaffold scaffold, makeScaffold(plan, stateFolder));
    const fs::path target = stateFolder / "root";
    TRY(mountOverlay(plan, capability, scaffold, target));
    const UniqueFd root(::open(target.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root)
        return errnoError("open the root", errno);
    TRY(mountProc(root.get()));
    TRY(fill(root.get(), plan, scaffold));
    // Last, because until here descriptors are named through the host's own /proc.
    for (const char* path :
         {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}) {
        auto place = kernel::openInRoot(root.get(), path);
        if (!place)
            continue;
        TRY(kernel::mountOn(place->get(), kernel::pathOf(place->get()).c_str(), nullptr,
                            MS_BIND | MS_REC, nullptr));
        TRY_ASSIGN(const UniqueFd bound, kernel::openInRoot(root.get(), path));
        TRY(kernel::makeReadOnly(bound.get(), false));
    }
    TRY(mask(root.get(), scaffold.empty(),
             {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/key-users",
              "/proc/latency_stats", "/proc/scsi", "/proc/timer_list", "/proc/sched_debug",
              "/proc/kallsyms", "/proc/kmsg"}));
    TRY(kernel::check("enter the root", ::fchdir(root.get())));
    TRY(kernel::check("pivot_root", ::syscall(SYS_pivot_root, ".", ".")));
    TRY(kernel::check("leave the host's root", ::umount2(".", MNT_DETACH)));
    return kernel::check("enter /", ::chdir("/"));
}

} // namespace emulator::container
