// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/driver/Driver.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>

extern char* program_invocation_short_name; // NOLINT: glibc

namespace emulator::gpu::client {
namespace {

/// The one thing a C interface without a handle needs: the process's driver.
struct Process {
    std::mutex mutex;
    std::atomic<Driver*> driver = nullptr; ///< never deleted: threads may use it at exit
    std::atomic<bool> initialized = false; ///< in this process or a parent
    bool handlerInstalled = false;
    Result failure = protocol::NotInitialized;
};

Process& process()
{
    static auto* const only = new Process; // outlives static destructors
    return *only;
}

/// In the child of fork: what the parent had is not ours.
void afterFork()
{
    Process& own = process();
    new (&own.mutex) std::mutex; // another thread of the parent may have held it
    if (Driver* driver = own.driver.exchange(nullptr); driver != nullptr)
        driver->connection().forget();
}

/// The device whose "GPU-0123…" begins with `entry`; -1 when there is none.
int deviceOfUuid(const std::vector<protocol::DeviceFigures>& all, const std::string& entry)
{
    std::string wanted; // without dashes, as the octets are printed
    for (const char c : entry.substr(4))
        if (c != '-')
            wanted += c;
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::string digits;
        for (const std::uint8_t octet : all[i].uuid) {
            char two[3];
            std::snprintf(two, sizeof two, "%02x", octet);
            digits += two;
        }
        if (!wanted.empty() && digits.compare(0, wanted.size(), wanted) == 0)
            return static_cast<int>(i);
    }
    return -1;
}

/// CUDA_VISIBLE_DEVICES: ordinals or UUIDs up to the first that is none, as the real driver reads
/// it.
std::vector<int> visibleDevices(const std::vector<protocol::DeviceFigures>& all)
{
    std::vector<int> visible;
    const char* text = std::getenv("CUDA_VISIBLE_DEVICES");
    if (text == nullptr) {
        for (std::size_t i = 0; i < all.size(); ++i)
            visible.push_back(static_cast<int>(i));
        return visible;
    }
    std::string rest = text;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        const std::string entry = rest.substr(0, comma);
        rest = comma == std::string::npos ? std::string() : rest.substr(comma + 1);
        long ordinal = -1;
        if (entry.rfind("GPU-", 0) == 0) {
            ordinal = deviceOfUuid(all, entry);
        } else {
            char* end = nullptr;
            ordinal = std::strtol(entry.c_str(), &end, 10);
            if (end == entry.c_str())
                ordinal = -1;
        }
        if (ordinal < 0 || ordinal >= static_cast<long>(all.size()))
            break;
        visible.push_back(static_cast<int>(ordinal));
    }
    return visible;
}

} // namespace

ThreadState& threadState()
{
    static thread_local ThreadState state;
    Result ignored = 0;
    Driver* driver = Driver::current(ignored);
    if (state.driver != driver) {
        state.stack.clear();
        state.perThreadStreams.clear();
        state.driver = driver;
    }
    return state;
}

Driver* Driver::current(Result& code)
{
    Process& own = process();
    if (Driver* driver = own.driver.load(std::memory_order_acquire); driver != nullptr)
        return driver;
    code = own.initialized ? initialize() : Result {protocol::NotInitialized};
    return own.driver.load(std::memory_order_acquire);
}

Result Driver::initialize()
{
    Process& own = process();
    const std::lock_guard lock(own.mutex);
    if (own.driver != nullptr)
        return 0;
    if (!own.handlerInstalled) {
        ::pthread_atfork(nullptr, nullptr, afterFork);
        own.handlerInstalled = true;
    }
    const char* path = std::getenv("SLIPWAY_GPU_SOCKET");
    std::string problem;
    auto connection = protocol::Connection::open(path == nullptr ? "/run/slipway/gpu.sock" : path,
                                                 program_invocation_short_name,
                                                 protocol::Role::Program, problem);
    if (connection == nullptr) {
        if (path != nullptr)
            report(("no emulated device: " + problem).c_str());
        return protocol::NoDevice;
    }
    auto* driver = new Driver(std::move(connection));
    if (driver->deviceCount() == 0) {
        delete driver;
        return protocol::NoDevice;
    }
    own.driver.store(driver, std::memory_order_release);
    own.initialized = true;
    return 0;
}

Driver::Driver(std::unique_ptr<protocol::Connection> connection)
    : m_connection(std::move(connection))
{
    for (std::uint64_t i = 0; i < m_connection->welcome().deviceCount; ++i) {
        protocol::DeviceFigures figures;
        if (m_connection->ask(Kind::QueryDevice, 0, protocol::Ordinal {i}, figures) != 0)
            break;
        m_figures.push_back(figures);
    }
    m_visible = visibleDevices(m_figures);
    primaries.resize(m_visible.size());
    primaryCounts.resize(m_visible.size());
    windowNext = m_connection->welcome().windowBase;
}

const protocol::DeviceFigures* Driver::figures(int device) const
{
    if (device < 0 || device >= deviceCount())
        return nullptr;
    return &m_figures[static_cast<std::size_t>(ordinal(device))];
}

void Driver::fetchText()
{
    const std::lock_guard lock(m_textMutex);
    std::vector<std::byte> space(protocol::slotBytes);
    while (m_connection->channel().text != 0) {
        protocol::Reply reply {space.data(), space.size(), 0};
        if (m_connection->call(Kind::FetchText, 0, {}, &reply) != 0
            || reply.size < sizeof(protocol::Text))
            return;
        protocol::Text head;
        std::memcpy(&head, space.data(), sizeof head);
        const auto size = std::min<std::size_t>(head.size, reply.size - sizeof head);
        if (head.target == protocol::TextTarget::None || size == 0)
            return;
        FILE* out = head.target == protocol::TextTarget::Output ? stdout : stderr;
        std::fwrite(space.data() + sizeof head, 1, size, out);
        std::fflush(out);
    }
}

void Driver::reportLoss()
{
    if (!m_lossReported.exchange(true))
        report("the emulated device is gone: slipway-gpud ended or hung up");
}

std::shared_ptr<ContextState> Driver::context(Handle handle)
{
    const std::lock_guard lock(mutex);
    const auto found = contexts.find(handle);
    return found == contexts.end() ? nullptr : found->second;
}

std::shared_ptr<ContextState> Driver::currentContext()
{
    const auto& stack = threadState().stack;
    return stack.empty() ? nullptr : context(stack.back());
}

Result Driver::resolve(Handle stream, Target& target)
{
    ThreadState& thread = threadState();
    if (std::exchange(thread.perThreadDefault, false) && stream == 0)
        stream = perThreadStream;
    if (stream > perThreadStream) {
        const std::lock_guard lock(mutex);
        const auto found = streams.find(stream);
        if (found == streams.end())
            return protocol::InvalidHandle;
        target = {found->second.context, stream};
        return 0;
    }
    const auto current = currentContext();
    if (current == nullptr)
        return protocol::InvalidContext;
    target = {current->handle, 0};
    if (stream != perThreadStream)
        return 0;
    Handle& own = thread.perThreadStreams[current->handle];
    if (own == 0) {
        protocol::Handle made;
        if (const auto code
            = ask(Kind::CreateStream, current->handle, protocol::CreateStream {}, made);
            code != 0)
            return code;
        own = made.value;
    }
    target.stream = own;
    return 0;
}

bool Driver::hostRange(std::uint64_t address, std::uint64_t& start, HostRange& out)
{
    const std::lock_guard lock(mutex);
    auto found = hostRanges.upper_bound(address);
    if (found == hostRanges.begin())
        return false;
    --found;
    if (address - found->first >= found->second.size)
        return false;
    start = found->first;
    out = found->second;
    return true;
}

} // namespace emulator::gpu::client

/// The next call of this thread that names a stream means its own by 0 (the _ptsz and _ptds
/// variants, exports/Generate.cmake). Not of the driver's interface: the runtime library calls it.
SLIPWAY_EXPORT void cuSlipwayUsePerThreadStream()
{
    emulator::gpu::client::threadState().perThreadDefault = true;
}

namespace {

/// What the device printed last, when the program ends without another call.
__attribute__((destructor)) void sayLastWords()
{
    using emulator::gpu::client::process;
    if (auto* driver = process().driver.load(); driver != nullptr)
        driver->settle(0);
}

} // namespace
