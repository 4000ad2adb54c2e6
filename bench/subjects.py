# SPDX-License-Identifier: Apache-2.0
"""What is measured: a plain echo, our null server, our endpoint mapper, Samba's."""
import json
import os
import subprocess

from process import Daemon, Failed, listening, run

ADDRESS = "127.0.29.1"
MAPPER_PORT = 10135  # any user may have it
FILLED = "-5a1d-4c3b-8f20-41c7d86b9e35:1.0"
NULL = "2b6f0d11-7c52-4e0a-9a51-6d0c35c1f7e8:1.0"
SAMR = "12345778-1234-abcd-ef00-0123456789ac:1.0"  # one that every domain controller serves


class Cpus:
    """One CPU for the client, another for the servers, where there are two."""

    def __init__(self):
        usable = sorted(os.sched_getaffinity(0))
        self.client, self.server = usable[0], usable[min(1, len(usable) - 1)]

    def bind_client(self):
        os.sched_setaffinity(0, {self.client})

    def bind_server(self):
        os.sched_setaffinity(0, {self.server})


class Subject:
    """Something that load can call, with load's options for it; pid: whose CPU time counts."""

    def __init__(self, name, address, port, arguments=(), pid=None):
        self.name, self.address, self.port = name, address, port
        self.arguments, self.pid = list(arguments), pid

    def cpu_ns(self):
        """CPU time of all its threads so far; None where processes come and go."""
        if self.pid is None:
            return None
        folder = f"/proc/{self.pid}/task"
        return sum(int(read(f"{folder}/{task}/schedstat").split()[0])
                   for task in os.listdir(folder))

    def rss(self):
        """Resident bytes that are its own or shared."""
        for line in read(f"/proc/{self.pid}/smaps_rollup").splitlines():
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
        raise Failed("smaps_rollup has no Rss")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Bench:
    """Starts things on the lab's behalf and stops them in the end."""

    def __init__(self, lab):
        self.lab, self.cpus, self.started = lab, Cpus(), 0

    def start(self, program, arguments, env=(), ready=None):
        """A server on the servers' CPU, when it has printed its first line (or ready() says so)."""
        self.started += 1
        name = os.path.basename(program)
        daemon = Daemon(name, [self.lab.program(program), *arguments],
                        self.lab.path(f"{name}-{self.started}.log"),
                        env=dict(self.lab.env, **dict(env)), before=self.cpus.bind_server)
        self.lab.on_stop(daemon.stop)
        daemon.wait_for(ready or (lambda: "\n" in daemon.text()), 20)
        return daemon

    def load(self, subject, *arguments, timeout=120):
        """The load client's figures."""
        result = run(["taskset", "-c", str(self.cpus.client), self.lab.program("bench/load"),
                      "--json", *subject.arguments, *arguments, subject.address,
                      str(subject.port)], timeout)
        return json.loads(result.out)

    def load_in_background(self, subject, *arguments):
        child = subprocess.Popen(
            [self.lab.program("bench/load"), *subject.arguments, *arguments, subject.address,
             str(subject.port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=self.cpus.bind_client)
        self.lab.on_stop(child.kill)
        return child

    def echo(self):
        daemon = self.start("bench/echo", [ADDRESS])
        port = int(daemon.text().split()[1])
        return Subject("plain TCP echo", ADDRESS, port, ["--echo"], daemon.pid)

    def null_server(self, env=(), arguments=()):
        daemon = self.start("bench/null_server", [*arguments, f"ncacn_ip_tcp:{ADDRESS}[]"], env)
        port = int(daemon.text().split("[")[1].split("]")[0])
        return Subject("null call", ADDRESS, port, [], daemon.pid)

    def mapper_process(self, port, socket, most=1024, env=(), ready=None):
        """portero serve; most: entries that one service may register."""
        listens = lambda: listening(ADDRESS, port) and os.path.exists(socket)
        config = f"{socket}.conf"
        with open(config, "w", encoding="utf-8") as f:
            f.write(f"mapper:\n  max-entries: {max(200000, most)}\n"
                    f"  max-entries-per-owner: {most}\nlimits:\n")
            f.writelines(f"  {scope}-{limit}: none\n" for scope in ("source", "total") for limit in
                         ("connections", "connection-rate", "half-open", "anonymous-rate",
                          "contexts", "handles", "failed-logins", "memory"))
        return self.start("portero", ["serve", "--config", config, "--address", ADDRESS, "--port",
                                      str(port), "--socket", socket],
                          env, ready or listens)

    def fill(self, socket, entries):
        child = subprocess.Popen([self.lab.program("bench/fill"), socket, str(entries)],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lab.on_stop(child.kill)
        if child.stdout.readline().strip() != f"filled {entries}":
            raise Failed(f"the map did not take {entries} entries")

    def mapper(self, entries, port, env=()):
        """Our endpoint mapper with so many entries; load asks for all of them in turn."""
        socket = self.lab.path(f"mapper-{port}.sock")
        daemon = self.mapper_process(port, socket, max(1024, entries), env)
        self.fill(socket, entries)
        return Subject(f"ept_map, {entries:,} entries", ADDRESS, port,
                       ["--map", "00000000" + FILLED, "--vary", str(entries)], daemon.pid)

    def mapper_asked_the_same(self, mapper, entries):
        """The mapper of another subject, asked for one interface: what it takes is in the cache."""
        one = f"{entries // 2:08x}" + FILLED
        return Subject(f"ept_map, one of {entries:,}", mapper.address, mapper.port,
                       ["--map", one], mapper.pid)

    def samba(self):
        """Samba's endpoint mapper in its domain controller, all of its processes on our CPU."""
        before = os.sched_getaffinity(0)
        self.cpus.bind_server()
        try:
            peer = self.lab.peer("samba_ad")
        finally:
            os.sched_setaffinity(0, before)
        return Subject("Samba AD DC, ept_map", peer.address, 135, ["--map", SAMR])
