# SPDX-License-Identifier: Apache-2.0
"""Receivers of the book's datagrams, and strict readers of each of its forms.

A reader takes what a sink has written and returns a list with one item for each record; whatever does
not fit the form is Failed.
"""
import json
import os
import re
import socket
import struct
import threading

from case import expect

SYSLOG = re.compile(r"<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) \[portero@32473")
PARAMETER = re.compile(r' ([!-~]+?)="((?:[^"\\\]]|\\["\\\]])*)"')
RECEIVE = 1 << 20


class Datagrams:
    """Listens on a socket file; ends when told how many will have come, or Failed."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.socket.settimeout(0.5)
        self.datagrams, self.ending = [], False
        self.thread = threading.Thread(target=self.receive)
        self.thread.start()

    def receive(self):
        while True:
            try:
                self.datagrams.append(self.socket.recv(RECEIVE))
            except (TimeoutError, socket.timeout):
                if self.ending:
                    return

    def end(self):
        """All that was sent before; the sender has ended."""
        self.ending = True
        self.thread.join()
        self.socket.close()
        return self.datagrams


def harmless(data, what):
    """The lines of a file, without their ends: no control character is in them."""
    expect(data == b"" or data.endswith(b"\n"), f"{what}: the last line has no end")
    lines = data.decode("utf-8").split("\n")[:-1]
    for line in lines:
        bad = [ch for ch in line if ord(ch) < 0x20 and ch != "\t" or 0x7f <= ord(ch) < 0xa0]
        expect(not bad, f"{what}: control characters {bad} in {line!r}")
    return lines


def json_lines(data, what):
    return [json.loads(line) for line in harmless(data, what)]


def zeek_lines(data, what):
    """As dictionaries; a field that is not set is left out."""
    found, fields = [], []
    for line in harmless(data, what):
        if line.startswith("#"):
            expect(re.match(r"#(separator|set_separator|empty_field|unset_field|path|open|fields|"
                            r"types|close)\b", line), f"{what}: {line!r}")
            fields = line.split("\t")[1:] if line.startswith("#fields") else fields
            continue
        values = line.split("\t")
        expect(len(values) == len(fields), f"{what}: {len(values)} columns in {line!r}")
        found.append({k: v for k, v in zip(fields, values) if v != "-"})
    return found


def text_lines(data, what):
    return harmless(data, what)


def syslog_messages(datagrams):
    """As (header, {parameter: [values]})."""
    found = []
    for datagram in datagrams:
        text = datagram.decode("utf-8")
        expect(not any(ord(ch) < 0x20 for ch in text), f"syslog: control characters in {text!r}")
        match = SYSLOG.match(text)
        expect(match, f"syslog: {text!r}")
        at, parameters = match.end(), {}
        while not text.startswith("]", at):
            pair = PARAMETER.match(text, at)
            expect(pair, f"syslog: {text[at:]!r}")
            parameters.setdefault(pair.group(1), []).append(
                re.sub(r'\\(["\\\]])', r"\1", pair.group(2)))
            at = pair.end()
        expect(text[at + 1:at + 2] in ("", " "), f"syslog: {text[at:]!r}")
        found.append((match.groups(), parameters))
    return found


JOURNAL_FIELD = re.compile(rb"(?:PORTERO_[A-Z0-9_]+|PRIORITY|MESSAGE|MESSAGE_ID|SYSLOG_IDENTIFIER|"
                           rb"SYSLOG_FACILITY|SYSLOG_PID)")


def journal_entries(datagrams):
    """As {field: [values]}: the native protocol, a value with line ends has its length before it."""
    found = []
    for data in datagrams:
        fields, at = {}, 0
        while at < len(data):
            end = data.index(b"\n", at)
            name, sign, value = data[at:end].partition(b"=")
            at = end + 1
            if not sign:
                size = struct.unpack_from("<Q", data, at)[0]
                value, at = data[at + 8:at + 8 + size], at + 8 + size + 1
                expect(data[at - 1:at] == b"\n", f"journal: no end behind {name}")
            expect(JOURNAL_FIELD.fullmatch(name), f"journal: field {name} in {data!r}")
            fields.setdefault(name.decode(), []).append(value)
        found.append(fields)
    return found
