// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/protocol/Descriptors.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace emulator::gpu::protocol {
namespace {

constexpr std::size_t descriptorLimit = 4;

struct Control {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptorLimit)> space {};
};

/// Takes the descriptors out of a received message; closes those beyond `limit`.
int takeDescriptors(msghdr& message, int* descriptors, std::size_t limit)
{
    std::size_t taken = 0;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
            if (taken < limit)
                descriptors[taken++] = fd;
            else
                ::close(fd);
        }
    }
    return static_cast<int>(taken);
}

} // namespace

bool sendWith(int socket, const void* data, std::size_t size, const int* descriptors,
              std::size_t count)
{
    Control control;
    iovec piece {const_cast<void*>(data), size};
    msghdr message {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (count > 0 && count <= descriptorLimit) {
        message.msg_control = control.space.data();
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        cmsghdr* part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof(int) * count);
        std::memcpy(CMSG_DATA(part), descriptors, sizeof(int) * count);
    }
    ssize_t sent = -1;
    do
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == static_cast<ssize_t>(size);
}

int receiveWith(int socket, void* data, std::size_t size, int* descriptors, std::size_t limit,
                int flags)
{
    Control control;
    iovec piece {data, size};
    msghdr message {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.space.data();
    message.msg_controllen = control.space.size();
    ssize_t got = -1;
    do
        got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL | flags);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return -1;
    const int taken = takeDescriptors(message, descriptors, limit);
    if (got == static_cast<ssize_t>(size))
        return taken;
    for (int i = 0; i < taken; ++i)
        ::close(descriptors[i]);
    return -1;
}

int connectTo(const char* path)
{
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    if (std::strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    std::strcpy(address.sun_path, path);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return fd;
    const int number = errno;
    ::close(fd);
    errno = number;
    return -1;
}

} // namespace emulator::gpu::protocol
