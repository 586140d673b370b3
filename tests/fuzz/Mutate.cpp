// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// A small driver for fuzz targets without libFuzzer: mutate ITERATIONS FILE…
// Deterministic: the same corpus gives the same inputs.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::string mutate(std::string text, const std::vector<std::string>& corpus, std::mt19937& random)
{
    const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
        const std::size_t at = below(text.size() + 1);
        const std::size_t length = below(24);
        switch (below(5)) {
        case 0:
            text.erase(at, length);
            break;
        case 1:
            text.insert(at, 1, static_cast<char>(random()));
            break;
        case 2: {
            const std::string& other = corpus[below(corpus.size())];
            text.insert(at, other.substr(below(other.size() + 1), length));
            break;
        }
        case 3:
            text.insert(at, text.substr(below(text.size() + 1), length));
            break;
        default: {
            constexpr const char* words[] = {"{",     "}",          "[",
                                             "]",     ".v4",        "99999999999999999999",
                                             "-1",    "0f7FC00000", "%r<4294967295>",
                                             ".b128", "@!%p1",      ";"};
            text.insert(at, words[below(std::size(words))]);
            break;
        }
        }
    }
    return text;
}

} // namespace

int main(int count, char** arguments)
{
    if (count < 3) {
        std::fprintf(stderr, "usage: %s ITERATIONS FILE...\n", arguments[0]);
        return 2;
    }
    std::vector<std::string> corpus;
    for (int i = 2; i < count; ++i) {
        std::ifstream file(arguments[i], std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    std::mt19937 random(1); // NOLINT(bugprone-random-generator-seed): repeatable on purpose
    for (long left = std::strtol(arguments[1], nullptr, 10); left > 0; --left) {
        const std::string input = mutate(corpus[random() % corpus.size()], corpus, random);
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    }
    return 0;
}
