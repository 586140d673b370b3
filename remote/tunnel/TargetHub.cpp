// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/TargetHub.h"

#include "emulator/base/Log.h"
#include "emulator/local/Door.h"
#include "remote/tunnel/TargetLink.h"

#include <algorithm>
#include <optional>

namespace remote::tunnel {

using namespace emulator;

namespace {

bool sameWay(const Target& a, const Target& b)
{
    return a.kind == b.kind && a.address == b.address && a.sshOptions == b.sshOptions
        && a.home == b.home && a.port == b.port;
}

} // namespace

struct TargetHub::Entry {
    Target target;
    std::optional<local::Door> door;
    std::unique_ptr<TargetLink> link; ///< after the door, which it uses
    std::string problem; ///< why there is no link

    ~Entry()
    {
        link.reset();
        if (door)
            door->close();
    }

    Result<> start(const Options& options)
    {
        const auto folder = Targets::folderOf(options.home, target.name);
        std::error_code failed;
        std::filesystem::create_directories(folder, failed);
        if (failed)
            return Error(ErrorCode::Io, "make " + folder.string() + ": " + failed.message());
        TRY_ASSIGN(auto opened, local::Door::open(folder / "door.sock", target.port));
        door = std::move(opened);
        TRY_ASSIGN(link,
                   TargetLink::create({.target = target,
                                       .home = options.home,
                                       .folder = folder,
                                       .port = door->listener(),
                                       .clock = options.clock,
                                       .onChange = options.onChange}));
        return {};
    }
};

TargetHub::TargetHub(Options options)
    : m_options(std::move(options))
    , m_thread([this](const std::stop_token& stop) { run(stop); })
{
}

TargetHub::~TargetHub()
{
    m_thread.request_stop();
    m_thread.join();
}

std::vector<model::TargetSummary> TargetHub::summaries() const
{
    const std::lock_guard lock(m_mutex);
    std::vector<model::TargetSummary> summaries;
    for (const auto& target : m_targets) {
        const auto found = m_entries.find(target.name);
        if (found != m_entries.end() && found->second->link) {
            summaries.push_back(found->second->link->summary());
            continue;
        }
        model::TargetSummary summary;
        summary.name = target.name;
        summary.kind = target.kind == Target::Kind::Ssh ? "ssh" : "socket";
        summary.address = target.address;
        summary.state = found == m_entries.end() ? "connecting" : "offline";
        if (found != m_entries.end())
            summary.reason = found->second->problem;
        summaries.push_back(std::move(summary));
    }
    return summaries;
}

Result<> TargetHub::reload()
{
    TRY_ASSIGN(auto targets, Targets::load(m_options.home));
    const std::lock_guard lock(m_mutex);
    m_targets = std::move(targets);
    m_fresh = true;
    m_wanting.notify_all();
    return {};
}

void TargetHub::run(const std::stop_token& stop)
{
    for (;;) {
        std::vector<Target> targets;
        {
            std::unique_lock lock(m_mutex);
            m_wanting.wait(lock, stop, [this] { return m_fresh; });
            if (stop.stop_requested())
                return;
            targets = m_targets;
            m_fresh = false;
        }
        apply(targets);
    }
}

void TargetHub::apply(const std::vector<Target>& targets)
{
    // Links end and start outside of the lock: that takes seconds, and their news may ask for the
    // summaries. Only this thread changes the map.
    std::vector<std::unique_ptr<Entry>> ending;
    {
        const std::lock_guard lock(m_mutex);
        for (auto at = m_entries.begin(); at != m_entries.end();) {
            const bool stays = std::ranges::any_of(targets, [&](const Target& target) {
                return target.name == at->first && sameWay(target, at->second->target)
                    && at->second->link;
            });
            if (!stays)
                ending.push_back(std::move(at->second));
            at = stays ? std::next(at) : m_entries.erase(at);
        }
    }
    ending.clear();
    for (const auto& target : targets) {
        if (m_entries.contains(target.name))
            continue;
        auto entry = std::make_unique<Entry>();
        entry->target = target;
        if (const auto started = entry->start(m_options); !started) {
            entry->problem = started.error().message();
            log::error("tunnel", target.name + ": " + entry->problem);
        }
        const std::lock_guard lock(m_mutex);
        m_entries[target.name] = std::move(entry);
    }
    if (m_options.onChange)
        m_options.onChange();
}

Result<> TargetHub::reconnect(std::string_view name)
{
    const std::lock_guard lock(m_mutex);
    if (std::ranges::find(m_targets, name, &Target::name) == m_targets.end())
        return Error(ErrorCode::NotFound, "there is no target '" + std::string(name) + "'");
    const auto found = m_entries.find(name);
    if (found == m_entries.end())
        return {}; // it is being made
    if (!found->second->link)
        return Error(ErrorCode::Unavailable, found->second->problem);
    found->second->link->reconnect();
    return {};
}

} // namespace remote::tunnel
