// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/Thread.h"

#include <pthread.h>
#include <signal.h>

// glibc 2.34 gave pthread_create a new version; the old one is in every glibc.
__asm__(".symver pthread_create,pthread_create@GLIBC_2.2.5");

namespace emulator::gpu::client {

bool startDetachedThread(void* (*run)(void*), void* argument)
{
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread {};
    const bool started = ::pthread_create(&thread, &attributes, run, argument) == 0;
    ::pthread_attr_destroy(&attributes);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    return started;
}

} // namespace emulator::gpu::client
