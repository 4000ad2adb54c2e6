# SPDX-License-Identifier: Apache-2.0
"""Wireshark's dissectors: what passes on lo is captured and has to decode without a complaint."""
import collections
import os
import re
import socket
import subprocess
import time

from lab import need
from process import Daemon, Failed, run

WARNING = 0x00600000  # Wireshark's expert severities: chat, note, warning, error
NOBODY = "127.9.9.9"  # packets to it mark the beginning and the end of a capture


class Capture:
    """Captures while it is entered as a context; ports says which TCP ports speak DCE/RPC."""

    def __init__(self, lab, name):
        need("tshark", "dumpcap")
        self.lab = lab
        self.file = lab.path(f"{name}.pcapng")
        self.log = lab.path(f"{name}.log")

    def __enter__(self):
        self.daemon = Daemon("dumpcap", ["dumpcap", "-q", "-i", "lo", "-f", "tcp", "-w", self.file],
                             self.log, env=self.lab.env)
        self.lab.on_stop(self.daemon.stop)
        self.daemon.wait_for(lambda: self.marks(1) > 0, 15)
        return self

    def __exit__(self, *_):
        # What dumpcap has seen reaches the file late: wait for a packet sent after all others.
        before = self.marks(0)
        self.daemon.wait_for(lambda: self.marks(1) > before + 2, 15)
        self.daemon.stop()

    def marks(self, send):
        """Sends some marks; returns how many are in the file."""
        for _ in range(send):
            with socket.socket() as s:
                s.connect_ex((NOBODY, 9))
            time.sleep(0.05)
        if not os.path.exists(self.file):
            return 0
        with open(self.file, "rb") as f:
            return f.read().count(socket.inet_aton(NOBODY))

    def tshark(self, ports, *arguments):
        decode = [word for port in sorted(ports) for word in ("-d", f"tcp.port=={port},dcerpc")]
        command = ["tshark", "-n", "-r", self.file, *decode, *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, env=self.lab.env, check=False)
        if done.returncode:
            raise Failed(f"tshark: {done.stderr.decode('utf-8', 'replace')[-500:]}")
        return done.stdout.decode("utf-8", "replace")

    def complaints(self, ports):
        """One line for each malformed mark and each expert mark of severity warning or above."""
        text = self.tshark(ports, "-Y", 
                           f"(_ws.malformed or _ws.expert.severity >= {WARNING})"
                           f" and ip.addr != {NOBODY}",
                           "-T", "fields", "-E", "separator=|", "-e", "frame.number",
                           "-e", "_ws.malformed", "-e", "_ws.expert.message")
        return text.splitlines()

    def decoded(self, ports):
        """How often each protocol was dissected: {"DCERPC": 12, "EPM": 4, ...}."""
        columns = self.tshark(ports, "-Y", "dcerpc", "-T", "fields", "-e", "_ws.col.Protocol")
        return collections.Counter(columns.split())

    def count(self, ports, what):
        return len(self.tshark(ports, "-Y", what).splitlines())

    def fragments(self, ports):
        """How many frames carry a fragment that is not the last."""
        return self.count(ports, "dcerpc.cn_flags.last_frag == 0")

    def faults(self, ports):
        return self.count(ports, "dcerpc.pkt_type == 3")

    def undecoded(self, ports):
        """Frames with payload to or from the ports that were not taken for DCE/RPC."""
        wanted = " or ".join(f"tcp.port == {port}" for port in sorted(ports))
        text = self.tshark(ports, "-Y", f"({wanted}) and tcp.len > 0 and not dcerpc",
                           "-T", "fields", "-e", "frame.number", "-e", "tcp.payload")
        # A segment of a PDU that is put together in a later frame is no loose end.
        loose = []
        reassembled = set(self.tshark(ports, "-Y", "dcerpc", "-T", "fields", "-e",
                                      "tcp.segment").replace(",", " ").split())
        for line in text.splitlines():
            number = re.match(r"\d+", line).group(0)
            if number not in reassembled:
                loose.append(line[:120])
        return loose
