# SPDX-License-Identifier: Apache-2.0
"""Starting programs, always with an end: a time limit, or a stop by process id."""
import os
import signal
import socket
import subprocess
import time


class Failed(Exception):
    """What a case found wrong; the text is the reason that is printed."""


class Result:
    def __init__(self, command, status, out):
        self.command, self.status, self.out = command, status, out

    def lines(self):
        return [line.strip() for line in self.out.splitlines() if line.strip()]

    def tail(self, count=12):
        return "\n".join(self.out.splitlines()[-count:])


def run(command, timeout, env=None, cwd="/", status=0, text=None):
    """Runs to its end, with text as its input. Failed when it takes too long or ends with another
    status (None: any)."""
    child = subprocess.Popen(command, stdin=subprocess.PIPE if text else subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=cwd,
                             start_new_session=True)
    try:
        out, _ = child.communicate(text.encode() if text else None, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed(f"{os.path.basename(command[0])}: no end after {timeout} s") from None
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    result = Result(command, child.returncode, out.decode("utf-8", "replace"))
    if status is not None and result.status != status:
        raise Failed(f"{os.path.basename(command[0])}: status {result.status} instead of {status}\n"
                     + result.tail())
    return result


class Daemon:
    """A program that stays, leader of its own process group; its output goes to a file."""

    def __init__(self, name, command, log, env=None, before=None):
        self.name, self.log = name, log
        with open(log, "ab") as out:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT, env=env, cwd="/",
                                          start_new_session=True, preexec_fn=before)

    @property
    def pid(self):
        return self.child.pid

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_for(self, ready, timeout):
        """Until ready() is true; Failed when it takes too long or the program ends."""
        end = time.monotonic() + timeout
        while not ready():
            ended = self.child.poll()
            if ended is not None:
                raise Failed(f"{self.name} ended with {ended}:\n{self.text()[-1500:]}")
            if time.monotonic() > end:
                raise Failed(f"{self.name} not ready after {timeout} s:\n{self.text()[-1500:]}")
            time.sleep(0.02)

    def stop(self, grace=5):
        """SIGTERM to the group, SIGKILL after grace seconds; returns the exit status."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.child.pid, number)
            except ProcessLookupError:
                pass
            try:
                return self.child.wait(timeout=grace)
            except subprocess.TimeoutExpired:
                continue
        return None


def listening(address, *ports):
    for port in ports:
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError:
            return False
    return True
