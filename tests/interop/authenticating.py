# SPDX-License-Identifier: Apache-2.0
"""Our servers that ask who is calling: with an account file, a keytab, and both inside SPNEGO."""
import os
import re

import domain as d
import subject
from lab import DOMAIN, HOSTS, shared
from process import Daemon, Failed, listening, run


CALLER = re.compile(r"^caller level=(\d+) type=(\d+) account=(\S*) domain=(\S*)", re.MULTILINE)
LEVEL_NAMES = (None, "none", "connect", "call", "packet", "integrity", "privacy")
MECHANISMS = {0: None, 10: "ntlm", 16: "krb5", 68: "netlogon"}


def accounts(lab):
    """The path of an account file, made with portero user."""
    path = lab.path("accounts")
    if not os.path.exists(path):
        for user, password in ((d.USER, d.PASSWORD),):
            run([lab.program("portero"), "user", "add", "--accounts", path, "--password-stdin",
                 user], 20, env=lab.env, text=password + "\n")
    return path


def mechanisms(lab):
    """The options of the peer server for all of them."""
    return ["--ntlm", accounts(lab), "--anonymous", "--domain", d.WORKGROUP, "--computer", "OURS",
            "--krb5", d.domain(lab).keytab, "--spnego"]


class Server:
    """The peer server, which may be the mapper of its address as well."""

    def __init__(self, lab, name, *options, port=0, mapper=None, host="ours"):
        self.address, self.host, self.port = HOSTS[host], f"{host}.{DOMAIN}", port
        binding = f"ncacn_ip_tcp:{self.address}[{port or ''}]"
        self.socket = mapper.socket if mapper else lab.path(f"{name}.sock")
        env = dict(lab.env, PORTERO_SOCKET=self.socket)
        if "--mapper" in options:
            options += (f"ncalrpc:[{self.socket}]",)
        self.daemon = Daemon("peer_server", [
            lab.program(subject.PEER_SERVER), *mechanisms(lab), *options, binding,
        ], lab.path(f"{name}.log"), env=env)
        lab.on_stop(self.daemon.stop)
        self.daemon.wait_for(lambda: "ncacn_ip_tcp" in self.daemon.text(), 10)
        if not port:
            self.port = int(re.search(r"\[(\d+)\]", self.daemon.text()).group(1))
        self.daemon.wait_for(lambda: listening(self.address, self.port), 10)
        self.binding = f"ncacn_ip_tcp:{self.host}[{self.port}]"

    def callers(self):
        """A mark from which called() reads on."""
        return len(self.daemon.text())

    def called(self, mark):
        """{(level, mechanism, account, domain)} of calls since the mark."""
        return {(LEVEL_NAMES[int(level)], MECHANISMS.get(int(kind), kind), account, domain)
                for level, kind, account, domain in CALLER.findall(self.daemon.text()[mark:])}

    def alive(self):
        if self.daemon.child.poll() is not None:
            raise Failed(f"peer_server ended with {self.daemon.child.returncode}:\n"
                         + self.daemon.text()[-1500:])


@shared
def mapper(lab):
    """Ours at port 135: mapper and management interface, for named callers too."""
    server = Server(lab, "ours", "--mapper", "--max-security", "64", port=135)
    daemon = Daemon("netlogon_stub", [lab.program(subject.NETLOGON),
                                      f"ncacn_ip_tcp:{server.address}"],
                    lab.path("ours-netlogon.log"), env=dict(lab.env, PORTERO_SOCKET=server.socket))
    lab.on_stop(daemon.stop)
    daemon.wait_for(lambda: "[" in daemon.text(), 10)
    return server


@shared
def echo(lab):
    """The test interfaces for everybody; who calls is written down. The mapper names its port."""
    return Server(lab, "ours-echo", "--register", "--say-callers", mapper=mapper(lab))


@shared
def sealed(lab):
    """The same interfaces, on a host of their own, for those who seal their calls and nobody else."""
    there = Server(lab, "ours-guarded-mapper", "--mapper", port=135, host="guarded")
    return Server(lab, "ours-guarded", "--register", "--min-level", "6", "--say-callers",
                  mapper=there, host="guarded")
