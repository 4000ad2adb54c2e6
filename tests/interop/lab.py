# SPDX-License-Identifier: Apache-2.0
"""What the cases share: where the built programs are, addresses, and peers started once, on demand."""
import importlib
import os
import shutil
import socket
import tempfile

import namespace
from process import Failed

HOSTS = {"dc": "127.0.24.10", "file": "127.0.24.11", "ours": "127.0.24.12",
         "guarded": "127.0.24.13", "door": "127.0.24.14", "yonder": "127.0.24.15"}
DOMAIN = "porterotest.example"
HERE = os.path.dirname(os.path.abspath(__file__))


class Missing(Exception):
    """A peer's program is not installed."""


def need(*programs):
    for program in programs:
        if not shutil.which(program) and not os.path.exists(program):
            raise Missing(f"{program} is not installed")


def hosts_file():
    with tempfile.NamedTemporaryFile("w", prefix="portero-hosts-", delete=False) as f:
        f.write("127.0.0.1 localhost\n::1 localhost\n")
        f.writelines(f"{address} {name}.{DOMAIN} {name}\n" for name, address in HOSTS.items())
    return f.name


class Lab:
    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.root = os.path.abspath(os.path.join(HERE, "..", ".."))
        self.state = tempfile.mkdtemp(prefix="portero-interop-")
        os.chmod(self.state, 0o711)  # a mapper that dropped root still reaches its socket
        self.env = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.state, "TMPDIR": self.state,
            "LC_ALL": "C.UTF-8", "PORTERO_SOCKET": os.path.join(self.state, "epmapper.sock"),
            "KRB5_CONFIG": os.path.join(self.state, "krb5.conf"),
        }
        self.stops = []
        self.peers = {}
        self.next_address = 1

    def path(self, *names):
        return os.path.join(self.state, *names)

    def program(self, name):
        """A program of the build, by its path in the build folder."""
        path = os.path.join(self.build, name)
        if not os.path.exists(path):
            raise Failed(f"{name} is not in {self.build}")
        return path

    def source(self, *names):
        return os.path.join(self.root, *names)

    def address(self, *ports):
        """An address of 127.0.0.0/8 where these ports are free."""
        for _ in range(250):
            address = f"127.0.25.{self.next_address}"
            self.next_address += 1
            if all(self.free(address, port) for port in ports):
                return address
        raise Failed(f"no address with ports {ports} free")

    @staticmethod
    def free(address, port):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((address, port))
                return True
            except OSError:
                return False

    def on_stop(self, action):
        self.stops.append(action)

    def peer(self, name):
        """The peer of peers/NAME.py, started at the first call. A failed start is not repeated."""
        if name not in self.peers:
            try:
                self.peers[name] = importlib.import_module(f"peers.{name}").Peer(self)
            except (Failed, Missing) as why:
                self.peers[name] = why
        if isinstance(self.peers[name], Exception):
            raise self.peers[name]
        return self.peers[name]

    def close(self):
        for action in reversed(self.stops):
            try:
                action()
            except (OSError, Failed) as why:
                print(f"cleaning up: {why}")
        namespace.end_the_rest()
        shutil.rmtree(self.state, ignore_errors=True)


def shared(start):
    """A thing of the lab that is started at the first use and kept."""
    name = f"{start.__module__}.{start.__name__}"

    def get(lab):
        if not hasattr(lab, name):
            setattr(lab, name, start(lab))
        return getattr(lab, name)

    return get
