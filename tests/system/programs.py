# SPDX-License-Identifier: Apache-2.0
"""Programs of the build as processes of their own: started, waited for, ended by process id."""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import wire

LIMIT = 20  # seconds that anything may take at most
BUILD = None  # set by the test


def free_port(address):
    with socket.socket() as s:
        s.bind((address, 0))
        return s.getsockname()[1]


def eventually(true):
    """Polls until true() is; its value, or the last one after the limit."""
    end = time.monotonic() + LIMIT
    while not (value := true()) and time.monotonic() < end:
        time.sleep(0.01)
    return value


class Program:
    """A child whose output goes to a file. env and further options as for Popen."""

    def __init__(self, test, command, env=None, **options):
        descriptor, self.log = tempfile.mkstemp(dir=test.folder, suffix=".log")
        clean = {k: v for k, v in os.environ.items()
                 if not k.startswith(("PORTERO_", "LISTEN_", "NOTIFY_", "XDG_"))}
        clean.update(env or {})
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=descriptor,
                                      stderr=descriptor, env=clean, cwd="/", **options)
        os.close(descriptor)
        test.addCleanup(self.kill)

    @property
    def pid(self):
        return self.child.pid

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_for(self, words, count=1):
        def said():
            return self.text().count(words) >= count
        if not eventually(lambda: said() or self.child.poll() is not None) or not said():
            raise AssertionError(f"'{words}' was not said {count} times:\n{self.text()}")
        return self

    def end(self):
        """Its exit status; the limit is a failure."""
        return self.child.wait(timeout=LIMIT)

    def signal(self, number):
        self.child.send_signal(number)

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.end()

    def kill(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()


class Case(unittest.TestCase):
    """A folder that a mapper which gave up root can still pass through."""

    ADDRESS = "127.0.28.10"

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="portero-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        os.chmod(self.folder, 0o711)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(name), 0o644)
        return self.path(name)

    def config(self, text):
        return self.write("portero.conf", text)

    def serve(self, *options, env=None, before=(), ready="listening on ncalrpc", **more):
        """`portero serve` on a port of its own; waits until it listens. config: text of a file."""
        port = more.pop("port", None) or free_port(self.ADDRESS)
        path = more.pop("socket", None) or self.path("epmapper.sock")
        text = more.pop("config", "")
        command = [*before, os.path.join(BUILD, "portero"), "serve", "--config", self.config(text),
                   "--port", str(port), "--socket", path, *options]
        if "--address" not in options:
            command += ["--address", self.ADDRESS]
        program = Program(self, command, env, **more)
        program.port, program.socket = port, path
        program.where = (self.ADDRESS, port)
        self.addCleanup(self.ends_well, program)
        if ready:
            program.wait_for(ready)
        return program

    def ends_well(self, mapper):
        """Whatever happened to it, it ends in good order: with a sanitizer this finds leaks."""
        if mapper.child.poll() is None:
            self.assertEqual(mapper.stop(), 0, mapper.text())

    def service(self, name, mapper, *bindings):
        """An example service that registers with mapper (a program of serve())."""
        program = Program(self, [os.path.join(BUILD, f"examples/{name}/{name}_server"),
                                 *(bindings or (f"ncacn_ip_tcp:{self.ADDRESS}[]",))],
                          {"PORTERO_SOCKET": mapper.socket})
        return program.wait_for(f"{name}_server: registered")

    def connect(self, where, interface=wire.EPM):
        """A bound connection that is closed when the test ends."""
        connection = wire.Connection(where)
        self.addCleanup(connection.close)
        return connection.bind(interface)

    def listed(self, mapper):
        """Sorted annotations of what is offered over NDR, as a client on the network is told."""
        with wire.Connection(mapper.where) as connection:
            return sorted(entry.annotation for entry in connection.bind().list()
                          if wire.NDR[0].bytes_le in entry.tower)

    def counters(self, mapper):
        with wire.Connection(mapper.socket) as connection:
            return connection.bind(wire.STATUS).counters()


def status_of(pid):
    """/proc/PID/status as a dictionary."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return dict(re.findall(r"^(\w+):\s*(.*)$", f.read(), re.M))
