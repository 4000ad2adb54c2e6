# SPDX-License-Identifier: Apache-2.0
"""The program under test: our endpoint mapper, the services that register with it."""
import os
import re

from process import Daemon, Failed, listening, run

# Interfaces that the clients have names for, and some that they do not. A number of entries that
# is a multiple of ten: smbtorture's Lookup_simple asks for ten at a time and wants to be told at
# the end that there are no more, which only a full last batch can lead to.
KNOWN = (
    ("12345778-1234-abcd-ef00-0123456789ab", "0.0", "Local Security Authority"),
    ("12345778-1234-abcd-ef00-0123456789ac", "1.0", "Security Account Manager"),
    ("12345678-1234-abcd-ef00-01234567cffb", "1.0", "Net Logon"),
    ("4b324fc8-1670-01d3-1278-5a47bf6ee188", "3.0", "Server Service"),
    ("6bffd098-a112-3610-9833-46c3f87e345a", "1.0", "Workstation Service"),
    ("338cd001-2244-31f1-aaaa-900038001003", "1.0", "Remote Registry"),
    ("367abb81-9844-35f1-ad32-98f038001003", "2.0", "Service Control Manager"),
    ("3919286a-b10c-11d0-9ba8-00c04fd92ef5", "0.0", "Directory Services Setup"),
)


NETLOGON = "tests/interop/netlogon_stub"
PEER_SERVER = "tests/interop/peer_server"
GREETER = "examples/greeter/greeter_server"
GREETER_UUID = "6f2c1a3e-8d47-4b59-9a0e-3c5b7d1e2f40"


class Entry:
    def __init__(self, uuid, version, binding, annotation):
        self.uuid, self.version, self.binding, self.annotation = uuid, version, binding, annotation

    @property
    def major(self):
        return int(self.version.split(".")[0])

    @property
    def endpoint(self):
        return re.search(r"\[(.*)\]", self.binding).group(1)


def entries(count):
    """The known ones, then made-up ones."""
    found = [Entry(u, v, f"ncacn_ip_tcp:[{49300 + i}]", a) for i, (u, v, a) in enumerate(KNOWN)]
    for i in range(count - len(found)):
        found.append(Entry(f"5e1f0000-0000-4000-8000-{i:012x}", f"{i + 1}.{i}",
                           f"ncacn_ip_tcp:[{49400 + i}]", f"Service {i}"))
    return found


class Mapper:
    """`portero serve` on an address of its own, with entries from its configuration."""

    def __init__(self, lab, name, count=0, keys=(), port=135, more="", address=None):
        self.lab, self.name, self.port = lab, name, port
        self.entries = entries(count) if count else []
        self.address = address or lab.address(port)
        self.socket = lab.path(f"{name}.sock")
        config = lab.path(f"{name}.conf")
        with open(config, "w", encoding="utf-8") as f:
            f.write("mapper:\n  port-range: 49152-49299\n")
            f.writelines(f"  {key}: {value}\n" for key, value in keys)
            f.write(more)  # further sections
            if self.entries:
                f.write("endpoints:\n")
            for e in self.entries:
                f.write(f"  - interface: {e.uuid}:{e.version}\n    binding: '{e.binding}'\n"
                        f"    annotation: {e.annotation}\n")
        self.daemon = Daemon("portero serve", [
            lab.program("portero"), "serve", "--config", config, "--address", self.address,
            "--port", str(port), "--socket", self.socket,
        ], lab.path(f"{name}.log"), env=lab.env)
        lab.on_stop(self.daemon.stop)
        self.daemon.wait_for(lambda: listening(self.address, port), 10)

    def alive(self):
        """Failed when a case has brought it down."""
        if self.daemon.child.poll() is not None:
            raise Failed(f"portero serve ended with {self.daemon.child.returncode}:\n"
                         + self.daemon.text()[-1500:])

    def service(self, program, *arguments):
        """One of our services, listening on a dynamic port and registered with this mapper."""
        name = os.path.basename(program)
        env = dict(self.lab.env, PORTERO_SOCKET=self.socket)
        daemon = Daemon(name, [self.lab.program(program), *arguments],
                        self.lab.path(f"{self.name}-{name}.log"), env=env)
        self.lab.on_stop(daemon.stop)
        daemon.wait_for(lambda: "[" in daemon.text(), 10)
        daemon.port = int(re.search(r"\[(\d+)\]", daemon.text()).group(1))
        return daemon

    def portero(self, *arguments, timeout=20, status=0):
        return run([self.lab.program("portero"), *arguments], timeout, env=self.lab.env,
                   status=status)
