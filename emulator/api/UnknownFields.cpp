// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/UnknownFields.h"

#include <google/protobuf/unknown_field_set.h>

#include <array>
#include <cctype>
#include <set>

namespace emulator::api {
namespace {

namespace pb = google::protobuf;

void collect(const pb::Message& message, const std::string& path, std::set<std::string>& found)
{
    const auto* reflection = message.GetReflection();
    const auto& unknown = reflection->GetUnknownFields(message);
    for (int i = 0; i < unknown.field_count(); ++i)
        found.insert(path + ", field " + std::to_string(unknown.field(i).number()));
    std::vector<const pb::FieldDescriptor*> fields;
    reflection->ListFields(message, &fields);
    for (const auto* field : fields) {
        if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE)
            continue;
        const auto inner = path + "." + field->name();
        if (!field->is_repeated()) {
            collect(reflection->GetMessage(message, field), inner, found);
            continue;
        }
        for (int i = 0; i < reflection->FieldSize(message, field); ++i)
            collect(reflection->GetRepeatedMessage(message, field, i), inner, found);
    }
}

} // namespace

std::vector<std::string> unknownFields(const pb::Message& message)
{
    std::set<std::string> found;
    collect(message, message.GetDescriptor()->name(), found);
    return {found.begin(), found.end()};
}

std::string percentEncode(std::string_view text)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (std::isalnum(octet) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
            encoded += c;
        } else {
            encoded += '%';
            encoded += digits[octet >> 4U];
            encoded += digits[octet & 15U];
        }
    }
    return encoded;
}

} // namespace emulator::api
