// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/ControlPlane.h"

#include <algorithm>

namespace emulator::control {
namespace {

constexpr Micros busySweep = 100'000;
constexpr Micros idleSweep = 1'000'000;
constexpr Micros hour = 3600LL * 1'000'000;

} // namespace

Result<std::unique_ptr<ControlPlane>> ControlPlane::create(Options options)
{
    TRY_ASSIGN(auto database, store::Database::open(options.database));
    std::unique_ptr<ControlPlane> plane(new ControlPlane(std::move(options), std::move(database)));
    plane->m_state->load();
    if (plane->m_strand.doomed())
        return Error(ErrorCode::Io,
                     "the state in " + plane->m_options.database.string() + " cannot be read");
    return plane;
}

ControlPlane::ControlPlane(Options options, std::unique_ptr<store::Database> database)
    : m_options(std::move(options))
    , m_database(std::move(database))
    , m_strand(*m_database, m_options.clock)
    , m_context {m_options.clock, m_options.ids, *m_database, m_strand, m_parking, {}, false}
    , m_replies(*m_database)
    , m_state(std::make_unique<State>(m_context, m_options.composer, m_options.prices,
                                      m_options.placement.engine != nullptr
                                          ? Fleet::Workers::Replicas
                                          : Fleet::Workers::Shared))
    , m_appRules(std::make_unique<AppRules>(*m_state))
    , m_taskRules(std::make_unique<TaskRules>(*m_state, m_options.limits))
    , m_deployRules(std::make_unique<DeployRules>(*m_state, *m_appRules))
{
    if (m_options.placement.engine != nullptr)
        m_placement = std::make_unique<Placement>(*m_state, *m_taskRules, m_options.placement);
    m_strand.setHooks(
        {[this] { settle(); }, [this] { m_state->load(); }, [this] { return nextDue(); }});
}

ControlPlane::~ControlPlane()
{
    stop();
}

void ControlPlane::stop()
{
    if (m_placement)
        m_placement->stop(); // its last words go to the strand
    m_strand.stop();
}

void ControlPlane::settle()
{
    if (m_context.now() >= m_nextSweep)
        sweep();
    m_deployRules->step();
    m_taskRules->scale(TaskRules::Scope::Changed);
    if (m_placement)
        m_placement->step();
    if (std::exchange(m_context.changed, false))
        m_parking.signal(changesTopic);
    m_parking.settle(m_context.now());
    // Answers that were given may have freed a container or filled one.
    m_taskRules->scale(TaskRules::Scope::Changed);
    if (m_placement)
        m_placement->step();
    m_parking.settle(m_context.now());
}

void ControlPlane::sweep()
{
    m_taskRules->sweep();
    m_appRules->sweep();
    m_deployRules->sweep();
    m_taskRules->scale(TaskRules::Scope::All);
    if (m_context.now() >= m_nextPrune)
        prune();
    const bool busy = !m_state->fleet.live().empty();
    m_nextSweep = m_context.now() + (busy ? busySweep : idleSweep);
}

void ControlPlane::prune()
{
    m_nextPrune = m_context.now() + hour;
    const auto before = m_context.now() - m_options.retention;
    m_state->calls.prune(before);
    m_state->logs.prune(before);
    m_state->meter.prune(before);
    m_state->collections.prune(m_context.now() - hour);
    m_strand.keep(m_replies.dropBefore(m_context.now() - 24 * hour));
}

Micros ControlPlane::nextDue() const
{
    auto due = std::min(m_nextSweep, m_parking.nextDeadline());
    return std::min(due, m_state->calls.nextWake());
}

} // namespace emulator::control
