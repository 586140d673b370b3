// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// The libraries are loaded into images whose glibc may be as old as 2.31. What libstdc++ and libgcc
// would import from newer versions is answered here, inside the library; what newer versions only
// renewed is bound to its first version (the linker's --wrap leads the calls here).

#include <pthread.h>
#include <sys/random.h>

#include <cstdint>

__asm__(".symver oldPthreadOnce,pthread_once@GLIBC_2.2.5");
__asm__(".symver oldPthreadKeyCreate,__pthread_key_create@GLIBC_2.2.5");

extern "C" {

int oldPthreadOnce(pthread_once_t* once, void (*function)());
int oldPthreadKeyCreate(pthread_key_t* key, void (*destructor)(void*));

/// GLIBC_2.32; 0: "there may be other threads", which is always safe.
__attribute__((visibility("hidden"))) char __libc_single_threaded = 0; // NOLINT: their name

/// GLIBC_2.35, used by libgcc to unwind; nothing here throws, -1 says "not found".
__attribute__((visibility("hidden"))) int _dl_find_object(void*, void*) // NOLINT: their name
{
    return -1;
}

/// GLIBC_2.36.
__attribute__((visibility("hidden"))) std::uint32_t arc4random() noexcept // NOLINT: their name
{
    std::uint32_t value = 0;
    [[maybe_unused]] const auto got = ::getrandom(&value, sizeof value, 0);
    return value;
}

__attribute__((visibility("hidden"))) int
__wrap_pthread_once(pthread_once_t* once, void (*function)()) // NOLINT: the linker's name
{
    return oldPthreadOnce(once, function);
}

__attribute__((visibility("hidden"))) int
__wrap___pthread_key_create(pthread_key_t* key, void (*destructor)(void*)) // NOLINT
{
    return oldPthreadKeyCreate(key, destructor);
}
}
