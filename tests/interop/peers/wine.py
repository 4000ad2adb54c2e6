# SPDX-License-Identifier: Apache-2.0
"""Wine, and Windows programs built with mingw-w64 and Wine's IDL compiler."""
import os
import re
import shutil
import socket
import struct
import threading

from lab import need
from process import Daemon, Failed, listening, run

WINE = "/usr/lib/wine/wine64"
TARGET = "x86_64-w64-mingw32"


REQUEST, RESPONSE, FAULT = 0, 2, 3

# An [out, string] T ** of widl 7: the parameter's type is what is behind the reference, without the
# flag that says so, and programs write over their stack. Four bytes before stands the reference.
SKIPPED_REFERENCE = re.compile(r"(NdrFcShort\(0x2013\),.*\n.*stack offset.*\n\s*NdrFcShort\()"
                               r"(0x[0-9a-f]+)\)")


def with_references(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    text = SKIPPED_REFERENCE.sub(lambda m: f"{m[1]}{int(m[2], 16) - 4:#x})", text)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def pdus(stream):
    """The PDUs that arrive, whole."""
    pending = b""
    while True:
        while len(pending) >= 16 and len(pending) >= struct.unpack_from("<H", pending, 8)[0]:
            size = struct.unpack_from("<H", pending, 8)[0]
            yield bytearray(pending[:size])
            pending = pending[size:]
        try:
            more = stream.recv(65536)
        except OSError:
            return
        if not more:
            return
        pending += more


class CallIds:
    """A relay in front of Wine's server, which gives every answer the call id 1: puts in the one of
    the request. Good for one call at a time."""

    def __init__(self, address, port, server_port):
        self.server_port, self.put_right = server_port, 0
        self.listener = socket.create_server((address, port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.server_port))
            asked = [b"\0\0\0\0"]
            for way in ((client, server, asked, False), (server, client, asked, True)):
                threading.Thread(target=self.pass_on, args=way, daemon=True).start()

    def pass_on(self, source, target, asked, answers):
        for pdu in pdus(source):
            if pdu[2] == REQUEST:
                asked[0] = pdu[12:16]
            if answers and pdu[2] in (RESPONSE, FAULT) and pdu[12:16] != asked[0]:
                pdu[12:16] = asked[0]
                self.put_right += 1
            try:
                target.sendall(pdu)
            except OSError:
                break
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Peer:
    def __init__(self, lab):
        need(WINE, f"{TARGET}-widl", f"{TARGET}-gcc")
        self.lab = lab
        self.prefix = lab.path("wineprefix")
        self.env = dict(lab.env, WINEPREFIX=self.prefix, WINEARCH="win64", WINEDEBUG="-all",
                        WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe=", DISPLAY="")
        lab.on_stop(self.stop)
        run([WINE, "wineboot", "-i"], 90, env=self.env)
        if not os.path.isdir(os.path.join(self.prefix, "drive_c", "windows")):
            raise Failed("wineboot made no prefix")

    def build(self, idl, source, role="client"):
        """Compiles a client, or a server, of one interface; returns the path of the program.

        The IDL file says nothing about the binding handle. widl's default does not link, and it
        sends an explicit handle_t as if it were an argument: the handle is made implicit.
        """
        folder = self.lab.path("mingw")
        os.makedirs(folder, exist_ok=True)
        name = os.path.splitext(os.path.basename(idl))[0]
        with open(idl, encoding="utf-8") as f:
            text = f.read()
        handle = f"pointer_default(unique), implicit_handle(handle_t {name}_binding)"
        changed = text.replace("pointer_default(unique)", handle, 1)
        if changed == text:
            raise Failed(f"{idl} has no pointer_default(unique)")
        copy = os.path.join(folder, f"{name}.idl")
        with open(copy, "w", encoding="utf-8") as f:
            f.write(changed)
        stub = f"{name}_{role[0]}.c"
        for what, output in (("-h", f"{name}.h"), (f"-{role[0]}", stub)):
            run([f"{TARGET}-widl", "-Oicf", what, "-o", output, copy], 30, env=self.lab.env,
                cwd=folder)
        with_references(os.path.join(folder, stub))
        program = os.path.join(folder, os.path.basename(source).replace(".c", ".exe"))
        run([f"{TARGET}-gcc", "-O2", "-D_WIN32_WINNT=0x0601", f"-I{folder}", "-o", program, source,
             stub, "-lrpcrt4"], 60, env=self.lab.env, cwd=folder)
        return program

    def serve(self, program, port):
        """A server of ours for Windows; it binds all addresses of this corner."""
        daemon = Daemon(os.path.basename(program), [WINE, program, str(port)],
                        self.lab.path("wine_server.log"), env=self.env)
        self.lab.on_stop(daemon.stop)
        daemon.wait_for(lambda: "listening" in daemon.text() and listening("127.0.0.1", port), 40)
        return daemon

    def run(self, program, *arguments, timeout=40):
        return run([WINE, program, *arguments], timeout, env=self.env, status=None)

    def stop(self):
        server = shutil.which("wineserver") or "/usr/lib/wine/wineserver64"
        run([server, "-k"], 10, env=self.env, status=None)
