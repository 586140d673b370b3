// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Rows, constants, operands and the ordinary instructions; memory, calls and barriers are in
// LowerMemory.cpp and LowerControl.cpp.

#include "emulator/gpu/device/FunctionLowerer.h"

#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Windows.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace emulator::gpu::device {

using ptx::Mod;
using ptx::Opcode;
using ptx::Operand;
using ptx::Type;

namespace {

constexpr std::uint32_t rowAlignment = sizeof(Chunk);

std::uint32_t rowBytes(std::uint32_t size)
{
    const std::uint32_t bytes = size == 0 ? 4 : size * warpSize;
    return (bytes + rowAlignment - 1) & ~(rowAlignment - 1);
}

Type widened(Type type)
{
    switch (type) {
    case Type::U16:
        return Type::U32;
    case Type::S16:
        return Type::S32;
    case Type::U32:
        return Type::U64;
    default:
        return Type::S64;
    }
}

} // namespace

FunctionLowerer::FunctionLowerer(const LoadedModule::Image& image, const Reach& reach,
                                 std::uint32_t function)
    : m_image(image)
    , m_reach(reach)
    , m_module(*image.functions[function].module)
    , m_function(*image.functions[function].function)
    , m_scope(image.scopes[image.numberOf(&m_module)])
    , m_code(std::make_unique<Code>())
{
    m_code->module = &m_module;
    m_code->function = &m_function;
}

Result<std::unique_ptr<Code>> FunctionLowerer::run()
{
    layOut();
    for (const ptx::Instruction& each : m_function.body) {
        m_starts.push_back(static_cast<std::uint32_t>(m_code->ops.size()));
        instruction(each);
        if (m_error)
            return *std::move(m_error);
    }
    m_starts.push_back(static_cast<std::uint32_t>(m_code->ops.size()));
    // Falling off the end returns.
    static const ptx::Instruction ret = [] {
        ptx::Instruction made;
        made.opcode = Opcode::Ret;
        return made;
    }();
    Op last;
    last.source = &ret;
    last.run = controlHandler(ret);
    m_code->ops.push_back(last);
    for (Op& op : m_code->ops) {
        if (op.source->opcode == Opcode::Bra)
            op.target = m_starts[op.target];
    }
    for (auto& table : m_code->tables) {
        for (std::uint32_t& target : table)
            target = m_starts[target];
    }
    m_code->rowBytes = std::max(m_code->rowBytes, rowAlignment);
    return std::move(m_code);
}

void FunctionLowerer::layOut()
{
    std::uint32_t top = 0;
    for (const Type type : m_function.registers) {
        m_rows.push_back(top);
        top += rowBytes(ptx::sizeOf(type));
    }
    m_registersEnd = top;
    m_code->rowBytes = top;
    m_code->parameterBytes = m_function.frameParameterBytes;
    m_code->tables = m_function.branchTables;
    std::uint64_t local = 0;
    for (const ptx::Variable& variable : m_function.variables) {
        if (variable.space != ptx::Space::Local)
            continue;
        local = (local + variable.alignment - 1) & ~std::uint64_t {variable.alignment - 1};
        m_localOffsets[&variable] = static_cast<std::uint32_t>(local);
        local += variable.size;
    }
    m_code->localBytes
        = static_cast<std::uint32_t>((std::min(local, window::localSize) + 15) & ~15U);
    const auto value = [&](std::uint32_t index) {
        const ptx::Variable& variable = m_function.variables[index];
        CallPlan::Value made;
        made.isRow = variable.space == ptx::Space::Reg;
        made.row = made.isRow ? registerRow(variable.reg) : noRow;
        made.offset = static_cast<std::uint32_t>(variable.offset);
        made.size
            = made.isRow ? ptx::sizeOf(variable.type) : static_cast<std::uint32_t>(variable.size);
        return made;
    };
    for (const std::uint32_t index : m_function.parameters)
        m_code->formals.push_back(value(index));
    for (const std::uint32_t index : m_function.returns)
        m_code->results.push_back(value(index));
}

void FunctionLowerer::refuse(const ptx::Instruction& instruction, std::string_view why,
                             ErrorCode code)
{
    if (!m_error)
        m_error = Error(code,
                        m_module.name + ":" + std::to_string(instruction.line) + ": "
                            + std::string(why) + ": " + m_module.textOf(instruction));
}

Op FunctionLowerer::start(const ptx::Instruction& instruction) const
{
    Op op;
    op.source = &instruction;
    if (instruction.guard != ptx::noRegister)
        op.guard = registerRow(instruction.guard);
    op.guardNegated = instruction.guardNegated;
    return op;
}

void FunctionLowerer::emit(Op op)
{
    if (op.run == nullptr)
        refuse(*m_instruction, "unsupported combination of modifiers and types");
    m_code->ops.push_back(op);
}

void FunctionLowerer::flushDestinations()
{
    for (const Op& op : m_after)
        emit(op);
    m_after.clear();
}

Row FunctionLowerer::temporary(std::uint32_t size)
{
    const Row row = m_temporaryTop;
    m_temporaryTop += rowBytes(size);
    m_code->rowBytes = std::max(m_code->rowBytes, m_temporaryTop);
    return row;
}

Row FunctionLowerer::constant(std::uint64_t bits, std::uint32_t size)
{
    if (size == 0)
        bits = bits != 0 ? everyLane : 0;
    else if (size < 8)
        bits &= (std::uint64_t {1} << (size * 8)) - 1;
    const auto [at, added] = m_constants.try_emplace({size, bits}, 0);
    if (!added)
        return at->second;
    const std::size_t chunks = rowBytes(size) / sizeof(Chunk);
    const std::size_t first = m_code->constants.size();
    m_code->constants.resize(first + chunks);
    auto* to = m_code->constants[first].octets;
    if (size == 0)
        std::memcpy(to, &bits, 4);
    for (unsigned lane = 0; lane < warpSize && size != 0; ++lane)
        std::memcpy(to + std::size_t {lane} * size, &bits, std::min(size, 8U));
    at->second = constantRow | static_cast<Row>(first * sizeof(Chunk));
    return at->second;
}

std::uint64_t FunctionLowerer::immediate(const Operand& operand, Type type) const
{
    if (operand.kind == Operand::Kind::Integer) {
        if (type == Type::F32)
            return operand.bits > 0xFFFF'FFFFU || operand.bits < 0x1000
                ? std::bit_cast<std::uint32_t>(
                      static_cast<float>(static_cast<std::int64_t>(operand.bits)))
                : operand.bits;
        return operand.bits;
    }
    const double wide = operand.isSingle
        ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(operand.bits)))
        : std::bit_cast<double>(operand.bits);
    if (type == Type::F64)
        return std::bit_cast<std::uint64_t>(wide);
    if (operand.isSingle)
        return operand.bits;
    if (type == Type::F32)
        return std::bit_cast<std::uint32_t>(static_cast<float>(wide));
    return operand.bits;
}

Row FunctionLowerer::resized(Row from, std::uint32_t fromSize, std::uint32_t toSize, bool withSign)
{
    if (fromSize == toSize)
        return from;
    Op op = start(*m_instruction);
    op.guard = noRow;
    op.run = resizeHandler(fromSize, toSize, withSign);
    op.a = from;
    op.d = temporary(toSize);
    emit(op);
    return op.d;
}

Row FunctionLowerer::source(const Operand& operand, Type type)
{
    const std::uint32_t size = ptx::sizeOf(type);
    if (type == Type::Pred)
        return predicateSource(operand);
    switch (operand.kind) {
    case Operand::Kind::Register: {
        const Type held = m_function.registers[operand.index];
        if (held == Type::Pred) {
            refuse(*m_instruction, "a predicate where a value belongs", ErrorCode::Invalid);
            return noRow;
        }
        return resized(registerRow(operand.index), ptx::sizeOf(held), size, ptx::isSigned(type));
    }
    case Operand::Kind::Integer:
    case Operand::Kind::Float:
        return constant(immediate(operand, type), size);
    case Operand::Kind::Special: {
        using ptx::Special;
        if (operand.special == Special::WarpSize)
            return constant(warpSize, size);
        const bool isWide = operand.special == Special::Clock64
            || operand.special == Special::GlobalTimer || operand.special == Special::GridId;
        Op op = start(*m_instruction);
        op.guard = noRow;
        op.run = specialHandler();
        op.imm = static_cast<std::uint64_t>(operand.special);
        op.target = operand.index;
        op.d = temporary(isWide ? 8 : 4);
        emit(op);
        return resized(op.d, isWide ? 8 : 4, size, false);
    }
    case Operand::Kind::Variable:
    case Operand::Kind::Symbol: {
        if (const auto known = addressOf(operand, false))
            return constant(*known, size);
        if (m_error)
            return noRow;
        Op op = start(*m_instruction);
        op.guard = noRow;
        op.run = localAddressHandler(size);
        op.imm = m_localOffsets[&m_function.variables[operand.index]] + operand.bits;
        op.d = temporary(size);
        emit(op);
        return op.d;
    }
    default:
        refuse(*m_instruction, "an operand of this kind does not belong here", ErrorCode::Invalid);
        return noRow;
    }
}

/// Known at load for all but local variables, which move with the stack.
std::optional<std::uint64_t> FunctionLowerer::addressOf(const Operand& operand, bool generic)
{
    if (operand.kind == Operand::Kind::Variable) {
        const ptx::Variable& variable = m_function.variables[operand.index];
        switch (variable.space) {
        case ptx::Space::Shared:
            return m_reach.sharedOffsets.at(&variable) + operand.bits
                + (generic ? window::shared : 0);
        case ptx::Space::Param: {
            const std::uint64_t area = variable.isParameterOfEntry ? 0 : window::frameParameters;
            return variable.offset + area + operand.bits + (generic ? window::parameter : 0);
        }
        case ptx::Space::Local:
            return std::nullopt;
        default:
            refuse(*m_instruction, "a variable of this space inside a function");
            return std::nullopt;
        }
    }
    if (const auto shared = m_scope.shared.find(operand.symbol); shared != m_scope.shared.end())
        return m_reach.sharedOffsets.at(shared->second) + operand.bits
            + (generic ? window::shared : 0);
    if (const auto found = m_scope.variables.find(operand.symbol); found != m_scope.variables.end())
        return found->second.address + operand.bits;
    if (const auto found = m_scope.functions.find(operand.symbol); found != m_scope.functions.end())
        return window::function + found->second * window::functionStep;
    refuse(*m_instruction, "undefined symbol " + operand.symbol, ErrorCode::Invalid);
    return std::nullopt;
}

Row FunctionLowerer::predicateSource(const Operand& operand)
{
    if (operand.kind == Operand::Kind::Integer)
        return constant(operand.bits, 0);
    if (operand.kind != Operand::Kind::Register
        || m_function.registers[operand.index] != Type::Pred) {
        refuse(*m_instruction, "a predicate is needed here", ErrorCode::Invalid);
        return noRow;
    }
    return registerRow(operand.index);
}

Row FunctionLowerer::destination(const Operand& operand, Type type)
{
    const std::uint32_t size = ptx::sizeOf(type);
    if (type == Type::Pred)
        return predicateDestination(operand);
    if (operand.kind == Operand::Kind::Sink)
        return temporary(size);
    if (operand.kind != Operand::Kind::Register
        || m_function.registers[operand.index] == Type::Pred) {
        refuse(*m_instruction, "the destination is not a register for a value", ErrorCode::Invalid);
        return noRow;
    }
    const std::uint32_t held = ptx::sizeOf(m_function.registers[operand.index]);
    if (held == size)
        return registerRow(operand.index);
    Op op = start(*m_instruction);
    op.a = temporary(size);
    op.d = registerRow(operand.index);
    op.run = resizeHandler(size, held, ptx::isSigned(type));
    m_after.push_back(op);
    return op.a;
}

Row FunctionLowerer::predicateDestination(const Operand& operand)
{
    if (operand.kind == Operand::Kind::Sink)
        return temporary(0);
    if (operand.kind != Operand::Kind::Register
        || m_function.registers[operand.index] != Type::Pred) {
        refuse(*m_instruction, "the destination is not a predicate", ErrorCode::Invalid);
        return noRow;
    }
    return registerRow(operand.index);
}

void FunctionLowerer::instruction(const ptx::Instruction& instruction)
{
    m_instruction = &instruction;
    m_temporaryTop = m_registersEnd;
    switch (instruction.opcode) {
    case Opcode::Setp:
    case Opcode::Set:
        return compare(instruction);
    case Opcode::Mov:
        return move(instruction);
    case Opcode::Ld:
    case Opcode::Ldu:
    case Opcode::St:
        return memory(instruction);
    case Opcode::Atom:
    case Opcode::Red:
        return atomic(instruction);
    case Opcode::Shfl:
    case Opcode::Vote:
    case Opcode::Match:
    case Opcode::Redux:
    case Opcode::Elect:
    case Opcode::Activemask:
        return warpWide(instruction);
    case Opcode::Bar:
    case Opcode::Barrier:
        return barrier(instruction);
    case Opcode::Bra:
    case Opcode::BrxIdx:
        return branch(instruction);
    case Opcode::Call:
        return call(instruction);
    case Opcode::CpAsync:
        return asyncCopy(instruction);
    case Opcode::Alloca:
    case Opcode::Stacksave:
    case Opcode::Stackrestore:
        return stack(instruction);
    case Opcode::Prefetch:
    case Opcode::Prefetchu:
    case Opcode::Discard:
    case Opcode::Pmevent:
        return; // hints: nothing to see from inside
    default:
        return ordinary(instruction);
    }
}

FunctionLowerer::Signature FunctionLowerer::signatureOf(const ptx::Instruction& instruction) const
{
    const Type type = instruction.types[0];
    Signature made {type, {type, type, type, type}};
    const bool isWide = instruction.modifier<ptx::Half>(Mod::Half) == ptx::Half::Wide;
    switch (instruction.opcode) {
    case Opcode::Mul:
        made.d = isWide ? widened(type) : type;
        break;
    case Opcode::Mad:
        made.d = isWide ? widened(type) : type;
        made.sources[2] = made.d;
        break;
    case Opcode::Shl:
    case Opcode::Shr:
        made.sources[1] = Type::U32;
        break;
    case Opcode::Cvt:
        made.sources[0] = made.sources[1] = instruction.types[1];
        break;
    case Opcode::Popc:
    case Opcode::Clz:
    case Opcode::Bfind:
        made.d = Type::U32;
        break;
    case Opcode::Bfe:
        made.sources[1] = made.sources[2] = Type::U32;
        break;
    case Opcode::Bfi:
        made.sources[2] = made.sources[3] = Type::U32;
        break;
    case Opcode::Selp:
        made.sources[2] = Type::Pred;
        break;
    case Opcode::Slct:
        made.sources[2] = instruction.types[1];
        break;
    case Opcode::Testp:
        made.d = Type::Pred;
        break;
    case Opcode::Isspacep:
        made.d = Type::Pred;
        made.sources[0] = Type::U64;
        break;
    case Opcode::Dp4a:
    case Opcode::Dp2a:
        made.d = made.sources[2]
            = ptx::isSigned(instruction.types[0]) || ptx::isSigned(instruction.types[1])
            ? Type::S32
            : Type::U32;
        made.sources[1] = instruction.types[1];
        break;
    case Opcode::Nanosleep:
        made.d = Type::None;
        break;
    default:
        break;
    }
    return made;
}

Handler FunctionLowerer::handlerOf(const ptx::Instruction& instruction) const
{
    for (const auto find : {&controlHandler, &carryHandler, &integerHandler, &bitHandler,
                            &convertHandler, &halfHandler, &roundedHandler, &floatHandler}) {
        if (const Handler handler = find(instruction))
            return handler;
    }
    return nullptr;
}

void FunctionLowerer::ordinary(const ptx::Instruction& instruction)
{
    const Signature signature = signatureOf(instruction);
    Op op = start(instruction);
    op.run = handlerOf(instruction);
    std::size_t next = 0;
    Row* const places[] = {&op.a, &op.b, &op.c, &op.e};
    const bool hasDestination
        = signature.d != Type::None && instruction.opcode != Opcode::Nanosleep;
    if (hasDestination && !instruction.operands.empty()) {
        const Operand& d = instruction.operands[next++];
        if (d.kind == Operand::Kind::Pair)
            return refuse(instruction, "a second destination");
        op.d = destination(d, signature.d);
    }
    for (std::size_t i = 0; next < instruction.operands.size() && i < 4; ++i, ++next) {
        const Operand& operand = instruction.operands[next];
        *places[i] = source(operand, signature.sources[i]);
        if (operand.negated && i == 2)
            op.negatedC = true;
        else if (operand.negated)
            return refuse(instruction, "a negated predicate");
    }
    if (instruction.opcode == Opcode::Cvt && instruction.operands.size() == 3) {
        // Two floats into a pair: the handler is told by b.
        op.b = source(instruction.operands[2], instruction.types[1]);
    }
    emit(op);
    flushDestinations();
}

void FunctionLowerer::compare(const ptx::Instruction& instruction)
{
    const bool toPredicate = instruction.opcode == Opcode::Setp;
    const Type type = toPredicate ? instruction.types[0] : instruction.types[1];
    Op op = start(instruction);
    op.run = compareHandler(instruction);
    op.imm = instruction.modifier(Mod::Bool);
    op.a = source(instruction.operands[1], type);
    op.b = source(instruction.operands[2], type);
    if (instruction.operands.size() > 3) {
        op.c = predicateSource(instruction.operands[3]);
        op.negatedC = instruction.operands[3].negated;
    }
    const Operand& d = instruction.operands[0];
    const bool isPair = d.kind == Operand::Kind::Pair;
    if (toPredicate) {
        op.d = predicateDestination(isPair ? d.elements[0] : d);
        if (isPair)
            op.e = predicateDestination(d.elements[1]);
        return emit(op);
    }
    // set: the predicate, then 1.0 or all ones where it holds.
    op.d = temporary(0);
    emit(op);
    Op select = start(instruction);
    const Type to = instruction.types[0];
    ptx::Instruction selp;
    selp.opcode = Opcode::Selp;
    selp.typeCount = 1;
    selp.types[0] = ptx::sizeOf(to) == 2 ? Type::B16 : ptx::sizeOf(to) == 4 ? Type::B32 : Type::B64;
    select.run = bitHandler(selp);
    const std::uint64_t one = to == Type::F32 ? 0x3F80'0000U
        : to == Type::F16                     ? 0x3C00U
        : to == Type::Bf16                    ? 0x3F80U
                                              : ~std::uint64_t {0};
    select.a = constant(one, ptx::sizeOf(to));
    select.b = constant(0, ptx::sizeOf(to));
    select.c = op.d;
    select.d = destination(d, to);
    emit(select);
    flushDestinations();
}

void FunctionLowerer::move(const ptx::Instruction& instruction)
{
    const Operand& d = instruction.operands[0];
    const Operand& from = instruction.operands[1];
    const Type type = instruction.types[0];
    Op op = start(instruction);
    if (d.kind == Operand::Kind::Vector || from.kind == Operand::Kind::Vector) {
        const bool packs = from.kind == Operand::Kind::Vector;
        const auto& elements = packs ? from.elements : d.elements;
        if (packs && d.kind == Operand::Kind::Vector)
            return refuse(instruction, "a vector on both sides");
        const std::uint32_t size = elements.empty()
            ? 0
            : ptx::sizeOf(type) / static_cast<std::uint32_t>(elements.size());
        constexpr Type bySize[] = {Type::None, Type::B8,   Type::B16,  Type::None, Type::B32,
                                   Type::None, Type::None, Type::None, Type::B64};
        if (size > 8 || bySize[size] == Type::None)
            return refuse(instruction, "parts of an odd size", ErrorCode::Invalid);
        std::vector<Row> rows;
        for (const Operand& element : elements)
            rows.push_back(packs ? source(element, bySize[size])
                                 : destination(element, bySize[size]));
        (packs ? op.d : op.a) = packs ? destination(d, type) : source(from, type);
        op.run = packs ? packHandler() : unpackHandler();
        op.imm = size;
        op.list = static_cast<std::uint32_t>(m_code->lists.size());
        op.count = static_cast<std::uint8_t>(rows.size());
        m_code->lists.insert(m_code->lists.end(), rows.begin(), rows.end());
        emit(op);
        return flushDestinations();
    }
    op.d = destination(d, type);
    op.a = source(from, type);
    op.negatedC = from.negated;
    op.run = copyHandler(ptx::sizeOf(type));
    // A special register or address was just made in a temporary: make it in place instead.
    if (!m_code->ops.empty() && m_after.empty() && op.a >= m_registersEnd
        && (op.a & constantRow) == 0 && m_code->ops.back().d == op.a
        && m_code->ops.back().source == &instruction) {
        m_code->ops.back().d = op.d;
        m_code->ops.back().guard = op.guard;
        m_code->ops.back().guardNegated = op.guardNegated;
        return;
    }
    emit(op);
    flushDestinations();
}

} // namespace emulator::gpu::device
