// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Subprocess.h"
#include "emulator/rpc/Relay.h"
#include "emulator/rpc/WorkerLink.h"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace support {

/// A worker for tests: speaks the Attach/Report protocol and runs each task as a plain child
/// process of the test's user with the stock client's container runtime. No isolation, no images:
/// every image "is" the given Python.
class FakeWorker {
public:
    FakeWorker(std::filesystem::path home, std::filesystem::path socket, std::string python,
               std::string id);
    ~FakeWorker();

private:
    struct Task {
        std::jthread thread;
        int pid = 0;
        emulator::model::EndReason stopReason = emulator::model::EndReason::Exited;
        std::string stopMessage;
    };

    void command(const emulator::model::WorkerCommand& command);
    void run(const emulator::model::TaskSpec& spec);
    [[nodiscard]] emulator::Result<emulator::CommandLine>
    prepare(const emulator::model::TaskSpec& spec);
    void pump(const std::string& taskId, int descriptor, int fd);

    const std::filesystem::path m_home;
    const std::string m_python;
    const std::string m_id;
    std::unique_ptr<emulator::rpc::Relay> m_relay;
    std::mutex m_mutex;
    std::map<std::string, Task> m_tasks;
    std::vector<std::jthread> m_done;
    std::unique_ptr<emulator::rpc::WorkerLink> m_link;
};

} // namespace support
