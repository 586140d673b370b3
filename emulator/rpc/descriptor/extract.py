# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the descriptor set of the installed `modal` package's protocol.

    extract.py SET.pb METHODS.txt

SET.pb holds the messages that the methods listed in METHODS.txt can reach, and nothing else of
the messages (half of the compile time); the service keeps all its methods as names. Fields are
never pruned, and what is unknown is preserved on the wire anyway.

Three enum values collide with macros of <cstdio> and get an underscore; names do not travel.
"""

import sys

from google.protobuf import descriptor_pb2
from modal_proto import api_pb2

WELL_KNOWN = "google/protobuf/"


def collect(descriptor, files):
    if descriptor.name in files:
        return
    for dependency in descriptor.dependencies:
        collect(dependency, files)
    proto = descriptor_pb2.FileDescriptorProto()
    proto.ParseFromString(descriptor.serialized_pb)
    files[descriptor.name] = proto


def rename_macros(enums):
    for enum in enums:
        for value in enum.value:
            if value.name in ("SEEK_SET", "SEEK_CUR", "SEEK_END"):
                value.name += "_"


def walk(messages):
    for message in messages:
        rename_macros(message.enum_type)
        walk(message.nested_type)


def types_of(message):
    for field in message.field:
        if field.type_name:
            yield field.type_name
    for nested in message.nested_type:
        yield from types_of(nested)


def reachable(proto, wanted):
    package = "." + proto.package + "."
    top = {m.name: m for m in proto.message_type}
    seen = set()

    def visit(type_name):
        if not type_name.startswith(package):
            return
        name = type_name[len(package):].split(".")[0]
        if name in seen or name not in top:
            return
        seen.add(name)
        for used in types_of(top[name]):
            visit(used)

    for service in proto.service:
        for method in service.method:
            if method.name in wanted:
                visit(method.input_type)
                visit(method.output_type)
    # Sent inside google.protobuf.Any, so no method names them.
    for name in ("RPCRetryPolicy", "RPCStatus", "FunctionLookupError", "ContainerArguments"):
        visit(package + name)
    return seen


def main(out, methods):
    with open(methods, encoding="utf-8") as lines:
        wanted = {line.split("#")[0].strip() for line in lines} - {""}
    files = {}
    collect(api_pb2.DESCRIPTOR, files)
    api = files[api_pb2.DESCRIPTOR.name]

    known = {m.name for s in api.service for m in s.method}
    missing = sorted(wanted - known)
    if missing:
        sys.exit(f"{methods}: not in the installed modal package: {', '.join(missing)}")

    keep = reachable(api, wanted)
    kept = [m for m in api.message_type if m.name in keep]
    names = [(m.name, m.server_streaming) for s in api.service for m in s.method]
    del api.message_type[:]
    api.message_type.extend(kept)
    for service in api.service:
        served = [m for m in service.method if m.name in wanted]
        del service.method[:]
        service.method.extend(served)

    result = descriptor_pb2.FileDescriptorSet()
    for proto in files.values():
        rename_macros(proto.enum_type)
        walk(proto.message_type)
        result.file.append(proto)
    with open(out, "wb") as target:
        target.write(result.SerializeToString())
    with open(out + ".methods", "w", encoding="utf-8") as target:
        for name, _ in names:
            target.write(f'"{name}",\n')


if __name__ == "__main__":
    main(*sys.argv[1:])
