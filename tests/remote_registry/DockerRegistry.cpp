// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/remote_registry/DockerRegistry.h"

#include "tests/remote_registry/FaultProxy.h"
#include "tests/remote_registry/Samples.h"

#include <fcntl.h>

#include <csignal>
#include <thread>

namespace samples {

namespace {

bool ran(std::vector<std::string> argv, const std::string& folder, std::string input = {})
{
    const auto output = emulator::run(
        {.argv = std::move(argv), .workingDirectory = folder, .standardInput = std::move(input)});
    return output && output->status.success();
}

} // namespace

DockerRegistry::DockerRegistry(emulator::TempDir folder)
    : m_folder(std::move(folder))
    , m_port(freePort())
{
}

DockerRegistry::~DockerRegistry()
{
    if (m_process) {
        m_process->kill(SIGKILL);
        static_cast<void>(m_process->wait());
    }
}

bool DockerRegistry::makeCertificates() const
{
    const auto folder = m_folder.path().string();
    write(m_folder.path() / "san.ext", "subjectAltName=IP:127.0.0.1\n");
    return ran({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem"},
               folder)
        && ran({"openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
                "-keyout", "server.key", "-out", "server.csr"},
               folder)
        && ran({"openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", "san.ext", "-out", "server.pem"},
               folder);
}

bool DockerRegistry::makePassword() const
{
    return ran({"htpasswd", "-iBc", "htpasswd", "tester"}, m_folder.path().string(),
               "correct horse\n");
}

void DockerRegistry::configure(Kind kind) const
{
    const auto folder = m_folder.path().string();
    std::string text
        = "version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: " + folder
        + "/store}\nhttp:\n  addr: 127.0.0.1:" + std::to_string(m_port) + "\n  secret: of-a-test\n";
    if (kind == Kind::TlsWithPassword)
        text += "  tls: {certificate: " + folder + "/server.pem, key: " + folder
            + "/server.key}\nauth:\n  htpasswd: {realm: test, path: " + folder + "/htpasswd}\n";
    write(m_folder.path() / "config.yml", text);
}

std::unique_ptr<DockerRegistry> DockerRegistry::start(Kind kind)
{
    if (emulator::findProgram("docker-registry").empty())
        return nullptr;
    auto registry
        = std::unique_ptr<DockerRegistry>(new DockerRegistry(*emulator::TempDir::create()));
    if (kind == Kind::TlsWithPassword
        && (!registry->makeCertificates() || !registry->makePassword()))
        return nullptr;
    registry->configure(kind);
    const auto log = (registry->m_folder.path() / "log").string();
    const emulator::UniqueFd fd(::open(log.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    auto process = emulator::Subprocess::start(
        {.argv = {"docker-registry", "serve", (registry->m_folder.path() / "config.yml").string()}},
        -1, fd.get(), fd.get());
    if (!process)
        return nullptr;
    registry->m_process.emplace(*std::move(process));
    // It says nothing when it listens, so it is asked.
    for (int i = 0; i < 200; ++i) {
        if (connectTo(registry->m_port))
            return registry;
        if (registry->m_process->poll())
            return nullptr;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return nullptr;
}

} // namespace samples
