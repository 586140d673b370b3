// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/Pickle.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <unordered_map>

namespace app::models {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;
using Kind = PickleNode::Kind;

namespace {

constexpr std::size_t maximumNodes = 4'000'000;
constexpr std::size_t longestDecimal = 512; // octets; longer integers are shown in hexadecimal

/// Little-endian two's complement of any length, as digits.
std::string bigDigits(std::string_view octets)
{
    std::vector<std::uint8_t> magnitude(octets.begin(), octets.end());
    const bool negative = !magnitude.empty() && (magnitude.back() & 0x80U) != 0;
    if (negative) {
        unsigned carry = 1;
        for (auto& octet : magnitude) {
            const unsigned sum = (static_cast<unsigned>(octet) ^ 0xffU) + carry;
            octet = static_cast<std::uint8_t>(sum & 0xffU);
            carry = sum >> 8U;
        }
    }
    std::string digits;
    if (magnitude.size() > longestDecimal) {
        static constexpr char hex[] = "0123456789abcdef";
        digits = "0x";
        for (auto it = magnitude.rbegin(); it != magnitude.rend(); ++it) {
            digits += hex[*it >> 4U];
            digits += hex[*it & 15U];
        }
        return negative ? "-" + digits : digits;
    }
    while (!magnitude.empty()) {
        unsigned remainder = 0;
        for (auto it = magnitude.rbegin(); it != magnitude.rend(); ++it) {
            const unsigned value = (remainder << 8U) | *it;
            *it = static_cast<std::uint8_t>(value / 10);
            remainder = value % 10;
        }
        digits += static_cast<char>('0' + remainder);
        while (!magnitude.empty() && magnitude.back() == 0)
            magnitude.pop_back();
    }
    if (digits.empty())
        digits = "0";
    if (negative)
        digits += '-';
    std::reverse(digits.begin(), digits.end());
    return digits;
}

/// The pickle machine: a stack of node indices, marks and a memo.
class Reader {
public:
    explicit Reader(std::string_view data)
        : m_data(data)
    {
    }

    Result<Pickle> read();

private:
    using Index = std::uint32_t;

    Result<> step(unsigned char opcode);
    Result<> scalar(unsigned char opcode);
    Result<> textual(unsigned char opcode);
    Result<> container(unsigned char opcode);
    Result<> memo(unsigned char opcode);
    Result<> object(unsigned char opcode);

    [[nodiscard]] Error malformed(std::string_view why) const
    {
        return {ErrorCode::Invalid,
                "not a readable pickle: " + std::string(why) + " at offset "
                    + std::to_string(m_offset)};
    }

    Result<std::string_view> take(std::uint64_t size)
    {
        if (size > m_data.size() - m_offset)
            return malformed("it ends too early");
        const auto piece = m_data.substr(m_offset, size);
        m_offset += size;
        return piece;
    }

    Result<std::uint64_t> number(std::size_t octets)
    {
        TRY_ASSIGN(const auto piece, take(octets));
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < octets; ++i)
            value |= std::uint64_t {static_cast<unsigned char>(piece[i])} << (8 * i);
        return value;
    }

    Result<std::string_view> sized(std::size_t octets)
    {
        TRY_ASSIGN(const auto size, number(octets));
        return take(size);
    }

    Result<std::string_view> line()
    {
        const auto end = m_data.find('\n', m_offset);
        if (end == std::string_view::npos)
            return malformed("a line has no end");
        const auto piece = m_data.substr(m_offset, end - m_offset);
        m_offset = end + 1;
        return piece;
    }

    Result<> push(PickleNode node)
    {
        if (m_pickle.nodes.size() >= maximumNodes)
            return Error(ErrorCode::Exhausted, "the result has more than four million values");
        m_pickle.nodes.push_back(std::move(node));
        m_stack.push_back(static_cast<Index>(m_pickle.nodes.size() - 1));
        return {};
    }

    Result<> pushText(Kind kind, std::string_view text)
    {
        PickleNode node;
        node.kind = kind;
        node.text = text;
        return push(std::move(node));
    }

    Result<> pushInteger(std::int64_t value)
    {
        PickleNode node;
        node.kind = Kind::Integer;
        node.integer = value;
        return push(std::move(node));
    }

    Result<> pushLong(std::string_view octets)
    {
        if (octets.size() > 8)
            return pushText(Kind::BigInteger, bigDigits(octets));
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < octets.size(); ++i)
            value |= std::uint64_t {static_cast<unsigned char>(octets[i])} << (8 * i);
        if (!octets.empty() && octets.size() < 8
            && (static_cast<unsigned char>(octets.back()) & 0x80U) != 0)
            value |= ~std::uint64_t {0} << (8 * octets.size());
        return pushInteger(std::bit_cast<std::int64_t>(value));
    }

    Result<> pushContainer(Kind kind, std::vector<Index> items)
    {
        PickleNode node;
        node.kind = kind;
        node.items = std::move(items);
        return push(std::move(node));
    }

    /// The lowest stack height that may be popped: above the last mark.
    [[nodiscard]] std::size_t floor() const { return m_marks.empty() ? 0 : m_marks.back(); }

    Result<Index> pop()
    {
        if (m_stack.size() <= floor())
            return malformed("the stack is empty");
        const auto top = m_stack.back();
        m_stack.pop_back();
        return top;
    }

    Result<Index> top()
    {
        if (m_stack.size() <= floor())
            return malformed("the stack is empty");
        return m_stack.back();
    }

    Result<std::vector<Index>> popToMark()
    {
        if (m_marks.empty())
            return malformed("a mark is missing");
        const auto from = m_stack.begin() + static_cast<std::ptrdiff_t>(m_marks.back());
        std::vector<Index> items(from, m_stack.end());
        m_stack.erase(from, m_stack.end());
        m_marks.pop_back();
        return items;
    }

    Result<> extendTop(const std::vector<Index>& items, bool pairs)
    {
        TRY_ASSIGN(const auto target, top());
        if (pairs && items.size() % 2 != 0)
            return malformed("a key has no value");
        auto& node = m_pickle.nodes[target];
        if (node.kind < Kind::List)
            return malformed("a value that is no container is filled");
        m_itemCount += items.size();
        if (m_itemCount > maximumNodes)
            return Error(ErrorCode::Exhausted, "the result has more than four million values");
        node.items.insert(node.items.end(), items.begin(), items.end());
        return {};
    }

    Result<> get(std::uint64_t key)
    {
        const auto found = m_memo.find(key);
        if (found == m_memo.end())
            return malformed("a memo entry is missing");
        m_stack.push_back(found->second);
        return {};
    }

    Result<> put(std::uint64_t key)
    {
        TRY_ASSIGN(m_memo[key], top());
        return {};
    }

    Result<std::uint64_t> lineNumber()
    {
        TRY_ASSIGN(const auto text, line());
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc {} || end != text.data() + text.size())
            return malformed("a number is not one");
        return value;
    }

    std::string_view m_data;
    std::size_t m_offset = 0;
    Pickle m_pickle;
    std::vector<Index> m_stack;
    std::vector<std::size_t> m_marks;
    std::unordered_map<std::uint64_t, Index> m_memo;
    std::size_t m_itemCount = 0;
};

Result<Pickle> Reader::read()
{
    while (true) {
        TRY_ASSIGN(const auto opcode, take(1));
        if (opcode[0] == '.')
            break;
        if (m_stack.size() + m_marks.size() > 2 * maximumNodes)
            return Error(ErrorCode::Exhausted, "the result has more than four million values");
        TRY(step(static_cast<unsigned char>(opcode[0])));
    }
    TRY_ASSIGN(m_pickle.root, pop());
    return std::move(m_pickle);
}

Result<> Reader::step(unsigned char opcode)
{
    switch (opcode) {
    case 0x80: { // PROTO
        TRY_ASSIGN(const auto protocol, number(1));
        if (protocol > 5)
            return malformed("protocol " + std::to_string(protocol) + " is unknown");
        return {};
    }
    case 0x95: // FRAME
        TRY(number(8));
        return {};
    case '(':
        m_marks.push_back(m_stack.size());
        return {};
    case '0': // POP also takes a mark
        if (!m_marks.empty() && m_marks.back() == m_stack.size()) {
            m_marks.pop_back();
            return {};
        }
        TRY(pop());
        return {};
    case '1':
        TRY(popToMark());
        return {};
    case '2': {
        TRY_ASSIGN(const auto same, top());
        m_stack.push_back(same);
        return {};
    }
    default:
        return scalar(opcode);
    }
}

Result<> Reader::scalar(unsigned char opcode)
{
    switch (opcode) {
    case 'N':
        return push({});
    case 0x88:
    case 0x89: {
        PickleNode node;
        node.kind = Kind::Boolean;
        node.boolean = opcode == 0x88;
        return push(std::move(node));
    }
    case 'J': {
        TRY_ASSIGN(const auto octets, take(4));
        return pushLong(octets);
    }
    case 'K': {
        TRY_ASSIGN(const auto value, number(1));
        return pushInteger(static_cast<std::int64_t>(value));
    }
    case 'M': {
        TRY_ASSIGN(const auto value, number(2));
        return pushInteger(static_cast<std::int64_t>(value));
    }
    case 0x8a: {
        TRY_ASSIGN(const auto octets, sized(1));
        return pushLong(octets);
    }
    case 0x8b: {
        TRY_ASSIGN(const auto octets, sized(4));
        return pushLong(octets);
    }
    case 'G': {
        TRY_ASSIGN(const auto octets, take(8));
        std::uint64_t bits = 0;
        for (const char octet : octets)
            bits = (bits << 8U) | static_cast<unsigned char>(octet);
        PickleNode node;
        node.kind = Kind::Real;
        node.real = std::bit_cast<double>(bits);
        return push(std::move(node));
    }
    default:
        return textual(opcode);
    }
}

Result<> Reader::textual(unsigned char opcode)
{
    const auto pushSized = [this](Kind kind, std::size_t octets) -> Result<> {
        TRY_ASSIGN(const auto text, sized(octets));
        return pushText(kind, text);
    };
    switch (opcode) {
    case 'X':
        return pushSized(Kind::Text, 4);
    case 0x8c:
    case 'U':
        return pushSized(Kind::Text, 1);
    case 0x8d:
        return pushSized(Kind::Text, 8);
    case 'T':
        return pushSized(Kind::Text, 4);
    case 'B':
        return pushSized(Kind::Bytes, 4);
    case 'C':
        return pushSized(Kind::Bytes, 1);
    case 0x8e:
    case 0x96: // bytearray
        return pushSized(Kind::Bytes, 8);
    case 'I': {
        TRY_ASSIGN(const auto text, line());
        if (text == "00" || text == "01") {
            PickleNode node;
            node.kind = Kind::Boolean;
            node.boolean = text == "01";
            return push(std::move(node));
        }
        return pushText(Kind::BigInteger, text);
    }
    case 'L': {
        TRY_ASSIGN(auto text, line());
        if (!text.empty() && text.back() == 'L')
            text.remove_suffix(1);
        return pushText(Kind::BigInteger, text);
    }
    case 'F': {
        TRY_ASSIGN(const auto text, line());
        PickleNode node;
        node.kind = Kind::Real;
        const auto [end, error]
            = std::from_chars(text.data(), text.data() + text.size(), node.real);
        if (error != std::errc {} || end != text.data() + text.size())
            return malformed("a number is not one");
        return push(std::move(node));
    }
    case 'S': {
        TRY_ASSIGN(const auto text, line());
        if (text.size() < 2)
            return malformed("a string has no quotes");
        return pushText(Kind::Text, text.substr(1, text.size() - 2));
    }
    case 'V': {
        TRY_ASSIGN(const auto text, line());
        return pushText(Kind::Text, text);
    }
    default:
        return container(opcode);
    }
}

Result<> Reader::container(unsigned char opcode)
{
    const auto fromMark = [this](Kind kind) -> Result<> {
        TRY_ASSIGN(auto items, popToMark());
        if (kind == Kind::Dictionary && items.size() % 2 != 0)
            return malformed("a key has no value");
        return pushContainer(kind, std::move(items));
    };
    const auto fromStack = [this](std::size_t count) -> Result<> {
        std::vector<Index> items(count);
        for (auto it = items.rbegin(); it != items.rend(); ++it) {
            TRY_ASSIGN(*it, pop());
        }
        return pushContainer(Kind::Tuple, std::move(items));
    };
    switch (opcode) {
    case ']':
        return pushContainer(Kind::List, {});
    case ')':
        return pushContainer(Kind::Tuple, {});
    case '}':
        return pushContainer(Kind::Dictionary, {});
    case 0x8f:
        return pushContainer(Kind::Set, {});
    case 'l':
        return fromMark(Kind::List);
    case 't':
        return fromMark(Kind::Tuple);
    case 'd':
        return fromMark(Kind::Dictionary);
    case 0x91:
        return fromMark(Kind::Set);
    case 0x85:
    case 0x86:
    case 0x87:
        return fromStack(opcode - 0x84U);
    case 'a': {
        TRY_ASSIGN(const auto item, pop());
        return extendTop({item}, false);
    }
    case 's': {
        TRY_ASSIGN(const auto value, pop());
        TRY_ASSIGN(const auto key, pop());
        return extendTop({key, value}, true);
    }
    case 'e':
    case 0x90: {
        TRY_ASSIGN(const auto items, popToMark());
        return extendTop(items, false);
    }
    case 'u': {
        TRY_ASSIGN(const auto items, popToMark());
        return extendTop(items, true);
    }
    default:
        return memo(opcode);
    }
}

Result<> Reader::memo(unsigned char opcode)
{
    switch (opcode) {
    case 'g': {
        TRY_ASSIGN(const auto key, lineNumber());
        return get(key);
    }
    case 'p': {
        TRY_ASSIGN(const auto key, lineNumber());
        return put(key);
    }
    case 'h':
    case 'j': {
        TRY_ASSIGN(const auto key, number(opcode == 'h' ? 1 : 4));
        return get(key);
    }
    case 'q':
    case 'r': {
        TRY_ASSIGN(const auto key, number(opcode == 'q' ? 1 : 4));
        return put(key);
    }
    case 0x94:
        return put(m_memo.size());
    default:
        return object(opcode);
    }
}

Result<> Reader::object(unsigned char opcode)
{
    const auto nameOf = [this](Index node) { return m_pickle.nodes[node].text; };
    const auto make = [this](std::string name, std::vector<Index> items) -> Result<> {
        PickleNode node;
        node.kind = Kind::Opaque;
        node.text = std::move(name);
        node.items = std::move(items);
        return push(std::move(node));
    };
    switch (opcode) {
    case 'c': { // GLOBAL
        TRY_ASSIGN(const auto module, line());
        TRY_ASSIGN(const auto name, line());
        return make(std::string(module) + "." + std::string(name), {});
    }
    case 0x93: { // STACK_GLOBAL
        TRY_ASSIGN(const auto name, pop());
        TRY_ASSIGN(const auto module, pop());
        return make(nameOf(module) + "." + nameOf(name), {});
    }
    case 'R': // REDUCE
    case 0x81: { // NEWOBJ
        TRY_ASSIGN(const auto arguments, pop());
        TRY_ASSIGN(const auto callee, pop());
        return make(nameOf(callee), {arguments});
    }
    case 0x92: { // NEWOBJ_EX
        TRY_ASSIGN(const auto named, pop());
        TRY_ASSIGN(const auto arguments, pop());
        TRY_ASSIGN(const auto callee, pop());
        return make(nameOf(callee), {arguments, named});
    }
    case 'b': { // BUILD
        TRY_ASSIGN(const auto state, pop());
        return extendTop({state}, false);
    }
    case 'i': { // INST
        TRY_ASSIGN(const auto module, line());
        TRY_ASSIGN(const auto name, line());
        TRY_ASSIGN(auto items, popToMark());
        return make(std::string(module) + "." + std::string(name), std::move(items));
    }
    case 'o': { // OBJ
        TRY_ASSIGN(auto items, popToMark());
        if (items.empty())
            return malformed("an object has no class");
        auto name = nameOf(items.front());
        items.erase(items.begin());
        return make(std::move(name), std::move(items));
    }
    case 'P':
        TRY(line());
        return make("persistent object", {});
    case 'Q': {
        TRY_ASSIGN(const auto id, pop());
        return make("persistent object", {id});
    }
    case 0x97:
        return make("out-of-band buffer", {});
    case 0x98: // READONLY_BUFFER changes no value
        return {};
    case 0x82:
    case 0x83:
    case 0x84: {
        TRY_ASSIGN(const auto code, number(opcode == 0x82 ? 1U : opcode == 0x83 ? 2U : 4U));
        return make("extension " + std::to_string(code), {});
    }
    default:
        return malformed("opcode " + std::to_string(opcode) + " is unknown");
    }
}

/// Prints until the limit is reached; the limit also ends values that contain themselves.
class Printer {
public:
    Printer(const Pickle& pickle, std::size_t limit)
        : m_pickle(pickle)
        , m_limit(limit)
    {
    }

    std::string print(std::uint32_t node)
    {
        value(node, 0);
        return std::move(m_text);
    }

private:
    void value(std::uint32_t index, int depth);
    void items(const PickleNode& node, std::string_view open, std::string_view close, int depth);
    void quoted(const PickleNode& node);

    const Pickle& m_pickle;
    std::size_t m_limit;
    std::string m_text;
};

void Printer::quoted(const PickleNode& node)
{
    m_text += node.kind == Kind::Bytes ? "b'" : "'";
    for (const char c : node.text) {
        if (m_text.size() >= m_limit && (static_cast<unsigned char>(c) & 0xc0U) != 0x80U) {
            m_text += "…";
            break;
        }
        const auto octet = static_cast<unsigned char>(c);
        if (c == '\n')
            m_text += "\\n";
        else if (octet < 32 || (node.kind == Kind::Bytes && octet > 126)) {
            static constexpr char hex[] = "0123456789abcdef";
            m_text += "\\x";
            m_text += hex[octet >> 4U];
            m_text += hex[octet & 15U];
        } else
            m_text += c;
    }
    m_text += "'";
}

void Printer::items(const PickleNode& node, std::string_view open, std::string_view close,
                    int depth)
{
    m_text += open;
    const bool pairs = node.kind == Kind::Dictionary;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (i != 0)
            m_text += pairs && i % 2 == 1 ? ": " : ", ";
        if (m_text.size() >= m_limit) {
            m_text += "…";
            break;
        }
        value(node.items[i], depth + 1);
    }
    if (node.kind == Kind::Tuple && node.items.size() == 1)
        m_text += ",";
    m_text += close;
}

void Printer::value(std::uint32_t index, int depth)
{
    const auto& node = m_pickle.at(index);
    if (depth > 40) {
        m_text += "…";
        return;
    }
    switch (node.kind) {
    case Kind::None:
        m_text += "None";
        break;
    case Kind::Boolean:
        m_text += node.boolean ? "True" : "False";
        break;
    case Kind::Integer:
        m_text += std::to_string(node.integer);
        break;
    case Kind::BigInteger:
        m_text += node.text;
        break;
    case Kind::Real: {
        char digits[40];
        const auto end = std::to_chars(digits, digits + sizeof digits, node.real).ptr;
        const std::string_view text(digits, static_cast<std::size_t>(end - digits));
        m_text += text;
        if (text.find_first_not_of("-0123456789") == std::string_view::npos)
            m_text += ".0";
        break;
    }
    case Kind::Text:
    case Kind::Bytes:
        quoted(node);
        break;
    case Kind::List:
        items(node, "[", "]", depth);
        break;
    case Kind::Tuple:
        items(node, "(", ")", depth);
        break;
    case Kind::Set:
    case Kind::Dictionary:
        items(node, "{", "}", depth);
        break;
    case Kind::Opaque:
        m_text += node.text.empty() ? "object" : node.text;
        m_text += "(…)";
        break;
    }
}

} // namespace

Result<Pickle> readPickle(std::string_view data)
{
    return Reader(data).read();
}

std::string describe(const Pickle& pickle, std::uint32_t node, std::size_t limit)
{
    return Printer(pickle, limit).print(node);
}

} // namespace app::models
