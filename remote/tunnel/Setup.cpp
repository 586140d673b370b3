// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Setup.h"

#include "emulator/base/Files.h"
#include "remote/tunnel/Sockets.h"

#include <algorithm>

namespace remote::tunnel {

using namespace emulator;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// Home::at's own limit; better told here than by a daemon that does not start.
constexpr std::size_t longestHome = 66;

std::string spellBytes(std::uint64_t bytes)
{
    const auto tenths = bytes * 10 / (1 << 20);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

} // namespace

Setup::Setup(Options options)
    : m_options(std::move(options))
    , m_steps(m_options.tell)
    , m_ssh(m_options.target, m_options.home)
    , m_checkup({.target = m_options.target,
                 .home = m_options.home,
                 .clock = m_options.clock,
                 .version = m_options.version,
                 .asking = m_options.asking,
                 .tell = m_options.tell})
{
}

bool Setup::run()
{
    if (m_options.target.kind == Target::Kind::Ssh && !prepareHost())
        return false;
    return m_checkup.reachControlPlane() && add();
}

bool Setup::prepareHost()
{
    return m_checkup.reachHost() && install() && configure() && restart();
}

std::string Setup::folder() const
{
    return m_checkup.host().home + "/programs";
}

bool Setup::suits(const Bundle& bundle)
{
    const auto& host = m_checkup.host();
    const std::string other = "use a machine that suits, or build Slipway on one like it";
    if (host.system != "Linux" || host.machine != bundle.machine)
        return m_steps.fail(m_ssh.host() + " is " + host.system + " on " + host.machine
                                + ", our programs are for Linux on " + bundle.machine,
                            other);
    if (host.glibc.empty() || !atLeast(host.glibc, bundle.glibc))
        return m_steps.fail(m_ssh.host() + " has "
                                + (host.glibc.empty() ? "another C library" : "glibc " + host.glibc)
                                + ", our programs need glibc " + bundle.glibc,
                            other);
    if (!host.missingTools.empty())
        return m_steps.fail(m_ssh.host() + " has no " + host.missingTools.front(),
                            "install it there");
    if (host.home.size() > longestHome)
        return m_steps.fail("the path " + host.home + " is too long for unix sockets below it",
                            "choose a shorter one with --home");
    return true;
}

bool Setup::install()
{
    m_steps.begin("programs");
    const bool real = m_options.settings && m_options.settings->gpu != "emulated"
        && m_options.settings->engine != "local";
    const auto bundle
        = Bundle::collect(m_options.programs, m_options.version,
                          real ? Bundle::Gpu::WithoutEmulated : Bundle::Gpu::WithEmulated);
    if (!bundle)
        return m_steps.fail(bundle.error().message(), "see to it and try again");
    if (!suits(*bundle))
        return false;
    const auto& installed = m_checkup.host().installed;
    const bool there = std::ranges::find(installed, bundle->id) != installed.end();
    if (!there)
        if (const auto fault = sendBundle(m_ssh, *bundle, folder(), m_options.onBytes))
            return m_steps.fail(*fault);
    if (const auto fault = activate(m_ssh, bundle->id, folder()))
        return m_steps.fail(*fault);
    m_current = bundle->id;
    m_steps.ok(bundle->id + (there ? " was there" : ": " + spellBytes(bundle->bytes) + " sent")
               + ", in " + folder());
    return true;
}

Result<std::string> Setup::wantedSettings() const
{
    auto settings = *m_options.settings;
    TRY_ASSIGN(const auto folder, TempDir::create());
    // The port that replicas dial was chosen over there, and stays.
    if (!m_checkup.host().settings.empty()) {
        TRY(writeFileAtomically(folder.path() / "cluster.json", m_checkup.host().settings));
        if (const auto before = local::ClusterSettings::load(folder.path()); before && *before)
            settings.port = settings.port == 0 ? (*before)->port : settings.port;
    }
    return settings.toJson();
}

bool Setup::configure()
{
    m_steps.begin("settings");
    const auto& host = m_checkup.host();
    if (m_options.registryPassword) {
        if (!write("registry-password", *m_options.registryPassword))
            return false;
        m_changed = true;
    }
    if (!m_options.settings) {
        m_steps.ok(host.settings.empty() ? "engine local" : "as they are there");
        return true;
    }
    if (m_options.settings->engine == "local") {
        m_changed = !host.settings.empty();
        if (m_changed && !write("cluster.json", {}))
            return false;
        m_steps.ok("engine local");
        return true;
    }
    const auto wanted = wantedSettings();
    if (!wanted)
        return m_steps.fail(wanted.error().message(), "see to it and try again");
    if (*wanted != host.settings) {
        if (!write("cluster.json", *wanted))
            return false;
        m_changed = true;
    }
    m_steps.ok("engine " + m_options.settings->engine + ", in " + host.home + "/cluster.json");
    return true;
}

/// Writes a file of the home over there (0600); removes it when the content is empty.
bool Setup::write(const std::string& file, const std::string& content)
{
    const auto path = m_checkup.host().home + "/" + file;
    const auto script = content.empty() ? "rm -f " + quoted(path)
                                        : "umask 077; cat > " + quoted(path + ".new") + " && mv -f "
            + quoted(path + ".new") + " " + quoted(path);
    const auto ran = m_ssh.run("exec sh -c " + quoted(script), content, 60s);
    if (ran.fault)
        return m_steps.fail(*ran.fault);
    if (!ran.output.status.success())
        return m_steps.fail("write " + path + ": " + lastLines(ran.output.standardError),
                            "make room there, and run it again: it goes on");
    return true;
}

bool Setup::restart()
{
    const auto& host = m_checkup.host();
    const auto own = folder() + "/versions/" + m_current + "/bin/slipwayd";
    if (host.running.empty() || (host.running == own && !m_changed))
        return true; // the line starts it
    m_steps.begin("restart");
    const auto ran
        = m_ssh.run("exec env SLIPWAY_HOME=" + quoted(host.home) + " "
                        + quoted(folder() + "/current/bin/slip") + " --target local down",
                    {}, 120s);
    if (ran.fault)
        return m_steps.fail(*ran.fault);
    if (!ran.output.status.success())
        return m_steps.fail("the control plane over there does not end: "
                                + lastLines(ran.output.standardError),
                            "end it by hand, and run it again: it goes on");
    m_steps.ok("the control plane that ran was ended, to start with what is new");
    return true;
}

bool Setup::add()
{
    m_steps.begin("target");
    auto target = m_options.target;
    if (target.kind == Target::Kind::Ssh)
        target.home = m_checkup.host().home;
    if (const auto before = Targets::find(m_options.home, target.name))
        target.port = before->port; // programs may be using it
    if (target.port == 0) {
        const auto probe = listenLoopback(0);
        if (!probe)
            return m_steps.fail(probe.error().message(), "try again");
        target.port = portOf(probe->get());
    }
    if (const auto added = Targets::add(m_options.home, target); !added)
        return m_steps.fail(added.error().message(), "see to it and try again");
    m_steps.ok("'" + target.name + "' is http://127.0.0.1:" + std::to_string(target.port)
               + " on this machine");
    return true;
}

} // namespace remote::tunnel
