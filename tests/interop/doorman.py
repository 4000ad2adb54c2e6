# SPDX-License-Identifier: Apache-2.0
"""The peer server with a policy and a visitors' book, and who knocks.

Two addresses lead to it: callers of DOOR come from HERE, those of YONDER from THERE, whatever client
they are: the kernel is told which source address to take.
"""
import json
import re
import time

import domain as d
import subject
from case import expect
from lab import DOMAIN, HOSTS, need, shared
from process import Daemon, listening, run

DOOR, YONDER = HOSTS["door"], HOSTS["yonder"]
HERE, THERE = "127.0.0.1", "127.0.26.1"
NAMES = {DOOR: f"door.{DOMAIN}", YONDER: f"yonder.{DOMAIN}"}
FORMS = ("json", "ecs", "eve", "zeek", "rpcfw", "text")
OTHER = "dave"
CAROL_SID, GROUP_SID, OTHER_SID = ("S-1-5-21-1001-1002-1003-1103", "S-1-5-21-1001-1002-1003-1200",
                                   "S-1-5-21-1001-1002-1003-1104")
NOON = 12 - time.gmtime().tm_hour  # hours from UTC to a time zone where it is twelve or soon after


@shared
def two_ways_in(lab):
    """Connections to YONDER come from THERE."""
    need("ip")
    run(["ip", "route", "replace", "table", "local", "local", f"{YONDER}/32", "dev", "lo", "src",
         THERE], 10)


@shared
def accounts(lab):
    """The path of an account file with two users, who have SIDs."""
    path = lab.path("door-accounts")
    for name, sids in ((d.USER, f"{CAROL_SID},{GROUP_SID}"), (OTHER, OTHER_SID)):
        run([lab.program("portero"), "user", "add", "--accounts", path, "--sid", sids,
             "--password-stdin", name], 20, env=lab.env, text=d.PASSWORD + "\n")
    return path


def checked(lab, name, policy):
    """The path of a policy that portero policy check has nothing against."""
    path = lab.path(f"{name}.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(policy)
    run([lab.program("portero"), "policy", "check", path], 20, env=lab.env)
    return path


class Doorman:
    """policy: the text of its file. keytab: Kerberos too. The book's forms are files, told() reads
    them, when it has ended."""

    def __init__(self, lab, name, policy=None, options=(), forms=("json",), keytab=None):
        two_ways_in(lab)
        self.lab, self.name = lab, name
        self.socket = lab.path(f"{name}.sock")
        options = ["--mapper", "--register", "--ntlm", accounts(lab), "--anonymous", "--spnego",
                   "--domain", d.WORKGROUP, "--computer", "DOOR", *options]
        options += ["--policy", checked(lab, name, policy)] if policy else []
        options += ["--krb5", keytab] if keytab else []
        for form in forms:
            options += ["--book", f"{form}:{self.path(form)}"]
        env = dict(lab.env, PORTERO_SOCKET=self.socket, TZ=f"NOON{-NOON:+d}")
        self.daemon = Daemon(name, [lab.program(subject.PEER_SERVER), *options,
                                    f"ncacn_ip_tcp:{DOOR}[135]", f"ncacn_ip_tcp:{YONDER}[135]",
                                    f"ncalrpc:[{self.socket}]"], lab.path(f"{name}.log"), env=env)
        lab.on_stop(self.daemon.stop)
        self.daemon.wait_for(lambda: "registered with" in self.daemon.text(), 10)
        self.daemon.wait_for(lambda: listening(DOOR, 135), 10)

    def path(self, form):
        return self.lab.path(f"{self.name}-book.{form}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Its end; what it told is all in the files then."""
        if self.daemon.child.poll() is None:
            status = self.daemon.stop()
            expect(status == 0, f"{self.name} ended with {status}:\n{self.daemon.text()[-1500:]}")

    def reached(self):
        """Which operations of the stand-in's targets were run, in turn: told by themselves."""
        return re.findall(r"^reached (\w+)$", self.daemon.text(), re.MULTILINE)

    def text(self, form):
        self.stop()
        with open(self.path(form), encoding="utf-8", newline="\n") as f:
            return f.read()

    def told(self, *kinds, of=None):
        """The records of these kinds in the JSON book; of: an interface's name or UUID."""
        records = [json.loads(line) for line in self.text("json").split("\n")[:-1]]
        return [r for r in records if (not kinds or r["event"] in kinds)
                and (of is None or of in (r.get("interface_name"), r.get("interface")))]
