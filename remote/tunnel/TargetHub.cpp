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
{
}

TargetHub::~TargetHub() = default;

std::vector<model::TargetSummary> TargetHub::summaries() const
{
    const std::lock_guard lock(m_mutex);
    std::vector<model::TargetSummary> summaries;
    for (const auto& [name, entry] : m_entries) {
        if (entry->link) {
            summaries.push_back(entry->link->summary());
            continue;
        }
        model::TargetSummary summary;
        summary.name = name;
        summary.kind = entry->target.kind == Target::Kind::Ssh ? "ssh" : "socket";
        summary.address = entry->target.address;
        summary.state = "offline";
        summary.reason = entry->problem;
        summaries.push_back(std::move(summary));
    }
    return summaries;
}

Result<> TargetHub::reload()
{
    TRY_ASSIGN(const auto targets, Targets::load(m_options.home));
    // Links end outside of the lock: their last news may ask for the summaries.
    std::vector<std::unique_ptr<Entry>> ending;
    {
        const std::lock_guard lock(m_mutex);
        for (auto at = m_entries.begin(); at != m_entries.end();) {
            const bool stays = std::ranges::any_of(targets, [&](const Target& target) {
                return target.name == at->first && sameWay(target, at->second->target)
                    && at->second->link;
            });
            if (stays) {
                ++at;
                continue;
            }
            ending.push_back(std::move(at->second));
            at = m_entries.erase(at);
        }
    }
    ending.clear();
    {
        const std::lock_guard lock(m_mutex);
        for (const auto& target : targets) {
            auto& entry = m_entries[target.name];
            if (entry)
                continue;
            entry = std::make_unique<Entry>();
            entry->target = target;
            if (const auto started = entry->start(m_options); !started) {
                entry->problem = started.error().message();
                log::error("tunnel", target.name + ": " + entry->problem);
            }
        }
    }
    if (m_options.onChange)
        m_options.onChange();
    return {};
}

Result<> TargetHub::reconnect(std::string_view name)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_entries.find(name);
    if (found == m_entries.end())
        return Error(ErrorCode::NotFound, "there is no target '" + std::string(name) + "'");
    if (!found->second->link)
        return Error(ErrorCode::Unavailable, found->second->problem);
    found->second->link->reconnect();
    return {};
}

} // namespace remote::tunnel
