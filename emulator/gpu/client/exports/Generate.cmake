# Writes, for each name of a list, a weak function that refuses by name; what is implemented
# overrides it. For the driver also the table that cuGetProcAddress searches.
# cmake -DLIST=… -DOUT=… -DTABLE=ON -DREFUSAL=801 -P Generate.cmake
file(STRINGS ${LIST} lines)
set(stubs "")
set(table "")
foreach(line IN LISTS lines)
    if(line MATCHES "^#" OR line STREQUAL "")
        continue()
    endif()
    string(REPLACE " " ";" words "${line}")
    list(GET words 0 symbol)
    if(symbol MATCHES "_pt[ds][sz]$" AND NOT symbol MATCHES "ProcAddress|EntryPoint")
        string(REGEX REPLACE "_pt[ds][sz]$" "" function ${symbol})
        string(APPEND stubs "PER_THREAD(${symbol}, ${function})\n")
    else()
        string(APPEND stubs "WEAK int ${symbol}() { return refuse(\"${symbol}\"); }\n")
    endif()
    if(TABLE)
        list(GET words 1 base)
        list(GET words 2 version)
        string(APPEND table
            "    { \"${symbol}\", \"${base}\", ${version}, reinterpret_cast<void*>(&${symbol}) },\n")
    endif()
endforeach()
set(text "// Generated from a list of exports.
#include \"emulator/gpu/client/Api.h\"
#include \"emulator/gpu/client/driver/ProcAddress.h\"

#define WEAK extern \"C\" __attribute__((weak, visibility(\"default\")))

// The variant of a function in which stream 0 is the thread's own: says so to the driver, then
// goes on as the function itself, whatever its parameters are.
#define PER_THREAD(variant, function)                                                              \\
    extern \"C\" __attribute__((visibility(\"default\"))) int variant();                             \\
    __asm__(\".text\\n.globl \" #variant \"\\n.type \" #variant \",@function\\n\" #variant \":\\n\"           \\
            \"push %rdi\\npush %rsi\\npush %rdx\\npush %rcx\\npush %r8\\npush %r9\\nsub $8,%rsp\\n\"      \\
            \"call cuSlipwayUsePerThreadStream@PLT\\nadd $8,%rsp\\n\"                                \\
            \"pop %r9\\npop %r8\\npop %rcx\\npop %rdx\\npop %rsi\\npop %rdi\\n\"                       \\
            \"jmp \" #function \"@PLT\\n.size \" #variant \",.-\" #variant \"\\n\");

namespace {
int refuse(const char* name)
{
    emulator::gpu::client::reportUnsupported(name);
    return ${REFUSAL};
}
} // namespace

${stubs}")
if(TABLE)
    string(APPEND text "
namespace emulator::gpu::client {
const Export driverExports[] = {
${table}};
const std::size_t driverExportCount = sizeof driverExports / sizeof driverExports[0];
} // namespace emulator::gpu::client
")
endif()
file(WRITE ${OUT} "${text}")
