// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/model/Image.h"

namespace emulator::model {

std::string pythonSeries(std::string_view version)
{
    constexpr std::string_view word = "Python ";
    const auto at = version.find(word);
    if (at == std::string_view::npos)
        return {};
    const auto digits = version.substr(at + word.size());
    const auto first = digits.find('.');
    if (first == std::string_view::npos)
        return {};
    const auto end = digits.find_first_not_of("0123456789", first + 1);
    return std::string(digits.substr(0, end));
}

} // namespace emulator::model
