# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
"""Imports modules once, then forks a child for each container.

Runs inside a container of the image, without any capability. Descriptor 4 is a socket to the
helper that makes containers. Each message on it brings a socket of one container to be; the
parent never reads from those, so that what one task gets (its secrets among it) is in its own
processes only. The child learns there which namespaces to enter; it gains capabilities over them
by entering, because its user made them, and gives all up before the task's first line runs.
"""


def _read(socket, descriptors=0):
    """One message: four octets of length, JSON; descriptors come with the length."""
    import array
    import json
    import socket as sockets
    import sys

    fds = array.array("i")
    space = sockets.CMSG_SPACE(descriptors * fds.itemsize) if descriptors else 0
    head, control, _, _ = socket.recvmsg(4, space)
    for level, kind, data in control:
        if level == sockets.SOL_SOCKET and kind == sockets.SCM_RIGHTS:
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    while head and len(head) < 4:
        head += socket.recv(4 - len(head))
    if not head:
        return None, []
    body = b""
    size = int.from_bytes(head, sys.byteorder)
    while len(body) < size:
        part = socket.recv(size - len(body))
        if not part:
            return None, []
        body += part
    return json.loads(body), list(fds)


def _write(socket, message):
    import json
    import sys

    body = json.dumps(message).encode()
    socket.sendall(len(body).to_bytes(4, sys.byteorder) + body)


def _text(value):
    """Octets travel as Latin-1, because JSON has none."""
    import os

    return os.fsdecode(value.encode("latin-1"))


def _check(result, what):
    import ctypes
    import os

    if result != 0:
        raise OSError(ctypes.get_errno(), "%s: %s" % (what, os.strerror(ctypes.get_errno())))


def _limit(libc):
    """No program started later gains a capability; needs some itself, so it comes first."""
    for capability in range(64):
        if libc.prctl(24, capability, 0, 0, 0) != 0:  # PR_CAPBSET_DROP
            break


def _drop(libc, filter_bytes):
    """No capability is left, none can come back, system calls are filtered."""
    import ctypes

    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _check(libc.capset(header, (ctypes.c_uint32 * 6)()), "drop capabilities")
    _check(libc.prctl(38, 1, 0, 0, 0), "no new privileges")  # PR_SET_NO_NEW_PRIVS
    if filter_bytes:

        class Program(ctypes.Structure):
            _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

        code = ctypes.create_string_buffer(filter_bytes, len(filter_bytes))
        program = Program(len(filter_bytes) // 8, ctypes.addressof(code))
        _check(libc.prctl(22, 2, ctypes.byref(program), 0, 0), "filter system calls")


def _become(libc, order, output, error):
    """The forked child turns into the container's first process."""
    import base64
    import os
    import resource
    import sys

    os.setsid()
    os.umask(0o022)
    null = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((null, 0), (output, 1), (error, 2)):
        os.dup2(source, target, True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if order["processes"]:
        resource.setrlimit(resource.RLIMIT_NPROC, (order["processes"], order["processes"]))
    os.chdir(_text(order["workingDirectory"]))
    os.environ.clear()
    os.environ.update({_text(key): _text(value) for key, value in order["environment"].items()})
    _limit(libc)
    if not order["oneId"]:
        os.setgroups(order["groups"])
        os.setresgid(order["group"], order["group"], order["group"])
        os.setresuid(order["user"], order["user"], order["user"])
    _drop(libc, base64.b64decode(order["filter"]))
    libc.prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE, which changing the user has cleared
    libc.prctl(15, b"python", 0, 0, 0)  # PR_SET_NAME
    argv = [_text(each) for each in order["argv"]]
    sys.orig_argv = list(argv)
    sys.argv = ["-m"] + argv[3:]
    return argv[2]


def _refresh(sys):
    """What an interpreter learns when it starts and a fork would repeat."""
    import os
    import time

    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())
    sys.path_importer_cache.clear()  # more folders exist here than in the zygote
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    time.tzset()


def _enter(socket):
    """In the child: enters the container, forks its first process, waits for that.

    Returns the module to run, in the first process only."""
    import ctypes
    import os
    import signal

    libc = ctypes.CDLL(None, use_errno=True)
    try:
        _write(socket, {"hello": True})
        order, fds = _read(socket, 16)
        if order is None:
            os._exit(0)
        output, error, *namespaces = fds
        for namespace in namespaces:  # that of users first: it brings the rights for the others
            _check(libc.setns(namespace, 0), "enter a namespace")
            os.close(namespace)
        first = os.fork()
        if first == 0:
            module = _become(libc, order, output, error)
            _write(socket, {"started": True})
            socket.close()
            os.closerange(3, 1024)
            return module
    except BaseException as problem:  # whatever it is, the helper starts without us
        _write(socket, {"error": "%s: %s" % (type(problem).__name__, problem)})
        os._exit(1)
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for descriptor in (0, 1, 2, output, error):
            os.close(descriptor)
        _limit(libc)
        _drop(libc, b"")
        _, status, used = os.wait4(first, 0)
        code = os.waitstatus_to_exitcode(status)
        ended = [code, 0] if code >= 0 else [128 - code, -code]
        micros = int((used.ru_utime + used.ru_stime) * 1000000)
        _write(socket, {"exit": ended, "used": [micros, 0, used.ru_maxrss * 1024]})
    finally:
        os._exit(0)


def _serve(control):
    """In the parent: a child for each socket that comes."""
    import os
    import socket as sockets

    while True:
        order, fds = _read(control, 1)
        if order is None:
            os._exit(0)
        if os.fork() == 0:
            control.close()
            socket = sockets.socket(fileno=fds[0])
            return _enter(socket)
        os.close(fds[0])
        try:
            while os.waitpid(-1, os.WNOHANG)[0] > 0:
                pass
        except ChildProcessError:
            pass


def _prepare(control, modules):
    """Imports; then the process must be fit to be forked: one thread."""
    import gc
    import importlib
    import os

    # What the children use, so that each need not import it again.
    import array, base64, ctypes, json, resource, runpy, signal, time  # noqa: F401, E401

    try:
        for module in modules:
            importlib.import_module(module)
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:
            raise RuntimeError("importing left %d threads running" % threads)
    except BaseException as problem:
        _write(control, {"error": "%s: %s" % (type(problem).__name__, problem)})
        os._exit(1)
    gc.collect()
    gc.freeze()
    _write(control, {"ready": True})


def _main():
    import runpy
    import socket as sockets
    import sys

    if sys.path and sys.path[0] == "":
        del sys.path[0]
    control = sockets.socket(fileno=4)
    order, _ = _read(control)
    _prepare(control, order["preload"])
    module = _serve(control)
    _refresh(sys)
    del control
    # runpy warns about a module that is there before it runs; it is made anew either way.
    sys.modules.pop(module, None)
    try:
        # What `python -m` itself calls; the public function makes a second __main__.
        if hasattr(runpy, "_run_module_as_main"):
            runpy._run_module_as_main(module)
        else:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    except Exception as problem:
        trace = problem.__traceback__.tb_next  # without this file's frame
        sys.excepthook(type(problem), problem.with_traceback(trace), trace)
        sys.exit(1)


_main()
