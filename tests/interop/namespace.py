# SPDX-License-Identifier: Apache-2.0
"""A private corner of this machine: own process ids, own network with nothing but lo, own mounts.

Everything the run starts lives in it, so no address can clash with anything, a program that binds
all addresses (Wine) harms nobody, and when the first process of the corner ends the kernel kills
whatever is left: nothing survives the run, not even after SIGKILL.
"""
import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
GRACE = 20  # seconds that the corner gets to clean up after SIGTERM


class Refused(Exception):
    """The system does not let us make namespaces."""


def checked(result):
    if result != 0:
        number = ctypes.get_errno()
        raise Refused(os.strerror(number))


def unshare(flags):
    checked(LIBC.unshare(flags))


def mount(source, target, kind=None, flags=0):
    encoded = [None if s is None else os.fsencode(s) for s in (source, target, kind)]
    checked(LIBC.mount(*encoded, ctypes.c_ulong(flags), None))


def private_mounts():
    unshare(CLONE_NEWNS)
    mount(None, "/", None, MS_REC | MS_PRIVATE)


def lo_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = fcntl.ioctl(s, SIOCGIFFLAGS, struct.pack("16sH22x", b"lo", 0))
        flags = struct.unpack_from("H", request, 16)[0] | IFF_UP
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags))


def settle(hosts):
    """In the new process: a fresh /proc, an empty /run, our own hosts file."""
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc")
    mount("tmpfs", "/run", "tmpfs")
    mount(hosts, "/etc/hosts", None, MS_BIND)
    lo_up()


def end_the_rest():
    """What a daemon left behind in sessions of its own writes no more when this returns."""
    if os.getpid() != 1:
        return  # not in a corner: these processes are not ours
    for _ in range(100):
        left = [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        time.sleep(0.02)


def guard(child):
    """The process outside: passes signals on, then sees to it that the corner is gone."""
    deadline = []

    def stop(number, _frame):
        if not deadline:
            deadline.append(time.monotonic() + GRACE)
        os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    while True:
        pid, status = os.waitpid(child, os.WNOHANG if deadline else 0)
        if pid == child:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline[0]:
            os.kill(child, signal.SIGKILL)
            deadline[0] += GRACE
        time.sleep(0.05)


def enter(hosts):
    """Returns in a new process inside the corner; outside it waits and exits with its status.

    hosts is a file to be seen as /etc/hosts. Raises Refused where namespaces are not allowed, and for
    ordinary users: a user namespace of one user id is not enough for Samba.
    """
    if os.geteuid() != 0:
        raise Refused("only root may")
    unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET)
    sys.stdout.flush()
    child = os.fork()
    if child:
        status = guard(child)
        os._exit(status if status >= 0 else 128 - status)
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    settle(hosts)
