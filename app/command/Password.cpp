// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Password.h"

#include "emulator/base/Files.h"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace app::command {

using namespace emulator;

namespace {

/// The terminal without echo for as long as it lives.
class Unseen {
public:
    Unseen()
    {
        if (::tcgetattr(STDIN_FILENO, &m_before) != 0)
            return;
        auto silent = m_before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        m_changed = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
    ~Unseen()
    {
        if (m_changed)
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &m_before);
    }
    Unseen(const Unseen&) = delete;
    Unseen& operator=(const Unseen&) = delete;

private:
    termios m_before {};
    bool m_changed = false;
};

} // namespace

Result<std::string> takePassword(const std::string& prompt, const std::string& file)
{
    std::string secret;
    if (!file.empty() && file != "-") {
        TRY_ASSIGN(secret, readFile(file));
    } else if (file.empty() && ::isatty(STDIN_FILENO) != 0) {
        std::fprintf(stderr, "%s: ", prompt.c_str());
        const Unseen unseen;
        std::getline(std::cin, secret);
        std::fputc('\n', stderr);
    } else {
        std::getline(std::cin, secret);
    }
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r'))
        secret.pop_back();
    if (secret.empty())
        return Error(ErrorCode::Invalid, prompt + ": it is empty");
    return secret;
}

} // namespace app::command
