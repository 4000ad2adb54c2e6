# SPDX-License-Identifier: Apache-2.0
"""Who takes part: the endpoint mapper that is flooded, the ordinary client, the floods."""
import json
import os
import subprocess

from process import Failed, run
from subjects import NULL, read

ADDRESS = "127.0.26.1"
PORT = 10135
LIMIT = 60  # seconds for an answer of our own programs


def put_first(pid, priority=1):
    """As root: real time, because whoever else is busy here must not be what is measured."""
    try:
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(priority))
    except PermissionError:
        pass


def ask(child):
    """The next line of its output."""
    line = child.stdout.readline()
    if not line:
        raise Failed(f"{os.path.basename(child.args[0])} has ended")
    return line


class Target:
    """portero serve, a service registered with it, and a map worth listing."""

    def __init__(self, bench, config, entries, port=PORT, aside=False):
        self.bench, self.port = bench, port
        self.socket = bench.lab.path(f"flooded-{port}.sock")
        path = bench.lab.path(f"flooded-{port}.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write(config)
        self.daemon = bench.start(
            "portero", ["serve", "--config", path, "--address", ADDRESS, "--port", str(port),
                        "--socket", self.socket],
            ready=lambda: "listening on ncalrpc" in self.daemon_text())
        self.service = bench.start("bench/null_server", ["--register", f"ncacn_ip_tcp:{ADDRESS}[]"],
                                   {"PORTERO_SOCKET": self.socket})
        bench.fill(self.socket, entries)
        if aside:
            return
        put_first(self.daemon.pid)
        put_first(self.service.pid, 2)  # which is not flooded, and has a processor with who is

    def daemon_text(self):
        path = self.bench.lab.path(f"portero-{self.bench.started}.log")
        return read(path) if os.path.exists(path) else ""

    @property
    def pid(self):
        return self.daemon.pid

    def runs(self):
        return self.daemon.child.poll() is None

    def memory(self):
        """Resident bytes now, and the most since forget_peak()."""
        lines = dict(line.split(":", 1) for line in read(f"/proc/{self.pid}/status").splitlines())
        return tuple(int(lines[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))

    def forget_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w", encoding="utf-8") as f:
            f.write("5")

    def cpu(self):
        """Seconds of processor time so far."""
        folder = f"/proc/{self.pid}/task"
        return sum(int(read(f"{folder}/{task}/schedstat").split()[0])
                   for task in os.listdir(folder)) / 1e9

    def status(self):
        result = run([self.bench.lab.program("portero"), "status", "--json"], LIMIT,
                     dict(self.bench.lab.env, PORTERO_SOCKET=self.socket))
        return json.loads(result.out)

    def limits(self):
        """{name: {limit, now, most, refused}}; nothing where the mapper has none to show."""
        return {row["name"]: row for row in self.status().get("limits", [])}


class Caller:
    """The ordinary client: calls on a connection that stays, or visits."""

    def __init__(self, bench, port, rate, visits=False):
        self.child = subprocess.Popen(
            [bench.lab.program("bench/flood/caller"), *(["--visit"] if visits else []), str(rate),
             ADDRESS, str(port), NULL],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=bench.cpus.bind_client)
        bench.lab.on_stop(self.child.kill)
        put_first(self.child.pid)
        ask(self.child)

    def say(self, word):
        self.child.stdin.write(word + "\n")
        self.child.stdin.flush()

    def begin(self):
        self.say("begin")

    def end(self):
        self.say("end")
        return json.loads(ask(self.child))

    def stop(self):
        self.child.stdin.close()
        self.child.wait(timeout=LIMIT)


class Flood:
    """One flood; on the client's CPU, which the client has first."""

    def __init__(self, bench, port, mode, **options):
        arguments = [f"--{name.replace('_', '-')}" + ("" if value is True else f"={value}")
                     for name, value in options.items()]
        self.child = subprocess.Popen(
            [bench.lab.program("bench/flood/flood"), *arguments, mode, ADDRESS, str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=bench.cpus.bind_client)
        bench.lab.on_stop(self.child.kill)

    def stop(self):
        """Ends it, where it has not ended, and gives its figures."""
        out, _ = self.child.communicate(timeout=LIMIT)
        if self.child.returncode:
            raise Failed(f"a flood ended with {self.child.returncode}")
        return json.loads(out)
