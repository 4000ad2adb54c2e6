# SPDX-License-Identifier: Apache-2.0
"""With everything told that can be told, no program of ours prints a password or a key."""
import base64
import os
import struct

from impacket.ntlm import compute_nthash

import authenticating as a
import domain as d
from case import collector, expect
from cases.as_client import auth_file, ways
from process import run

CASES, case = collector()


def keytab_keys(path):
    """The keys of a keytab of version 2, MIT's file format."""
    with open(path, "rb") as f:
        data = f.read()
    keys, at = [], 2
    while at < len(data):
        size = struct.unpack_from(">i", data, at)[0]
        entry, at = data[at + 4:at + 4 + abs(size)], at + 4 + abs(size)
        if size <= 0:
            continue
        parts, where = struct.unpack_from(">H", entry)[0] + 1, 2
        for _ in range(parts):
            where += 2 + struct.unpack_from(">H", entry, where)[0]
        where += 4 + 4 + 1 + 2  # name type, time, version, type of key
        length = struct.unpack_from(">H", entry, where)[0]
        keys.append(entry[where + 2:where + 2 + length])
    return keys


def forms(secret):
    """The ways in which bytes could come out: as they are, hexadecimal, base64."""
    hexadecimal = secret.hex()
    return {secret, hexadecimal.encode(), hexadecimal.upper().encode(),
            " ".join(hexadecimal[i:i + 2] for i in range(0, len(hexadecimal), 2)).encode(),
            ":".join(hexadecimal[i:i + 2] for i in range(0, len(hexadecimal), 2)).encode(),
            base64.b64encode(secret).rstrip(b"=")[:-1]}


def secrets(lab):
    """{what it is: forms}"""
    found = {}
    for name, password in (("password", d.PASSWORD), ("wrong password", d.WRONG),
                           ("service's password", d.SERVICE_PASSWORD)):
        found[name] = forms(password.encode()) | forms(password.encode("utf-16-le"))
        found[f"hash of the {name}"] = forms(compute_nthash(password))
    keys = keytab_keys(d.domain(lab).keytab)
    expect(keys and all(len(key) >= 16 for key in keys), f"{len(keys)} keys in the keytab")
    for number, key in enumerate(keys):
        found[f"key {number} of the keytab"] = forms(key)
    return found


def told(lab, server, options):
    """Everything a tool says, with the PDUs."""
    step = ["rpcecho.AddOne", '{"in_data": 41}']
    return run([lab.program("portero"), "call", "--trace", *options, server.binding, *step], 30,
               env=dict(lab.env, KRB5_TRACE="/dev/stderr"), status=None).out


@case("secrets", limit=150)
def nothing_is_told(lab):
    """Tools with --trace and servers with all their notices tell no password, hash or key"""
    server, texts = a.echo(lab), {}
    for way, (options, _) in ways(lab).items():
        texts[way] = told(lab, server, options)
        expect('"out_data": 42' in texts[way], f"{way}: {texts[way][-500:]}")
    for way in ("ntlm", "spnego", "krb5"):
        user, domain = ((f"{d.USER}@{d.REALM}", None) if way == "krb5" else (d.USER, d.WORKGROUP))
        texts[f"{way}, refused"] = told(lab, server, [
            "--auth", way, "--auth-file", auth_file(lab, user, d.WRONG, domain)])
    listed = run([lab.program("portero"), "user", "list", "--accounts", a.accounts(lab)], 20,
                 env=lab.env).out
    expect(d.USER in listed, listed)
    texts["portero user list"] = listed
    for name in os.listdir(lab.state):
        if name.endswith(".log") and name.startswith("ours"):
            with open(lab.path(name), encoding="utf-8", errors="surrogateescape") as f:
                texts[name] = f.read()
    size = 0
    for where, text in texts.items():
        data = text.encode("utf-8", "surrogateescape")
        size += len(data)
        for what, shapes in secrets(lab).items():
            for shape in shapes:
                expect(shape not in data, f"{where} tells the {what}")
    expect(size > 10000, f"only {size} octets were looked through")
    return f"{len(texts)} texts, {size} octets"


@case("secrets.found")
def would_be_found(lab):
    """The check itself: a password and a key in a text are found"""
    key = bytes(range(16))
    for text in (f"password {d.PASSWORD}", f"key {key.hex()}",
                 f"bytes {' '.join(f'{b:02x}' for b in d.PASSWORD.encode('utf-16-le'))}"):
        shapes = forms(d.PASSWORD.encode()) | forms(d.PASSWORD.encode("utf-16-le")) | forms(key)
        expect(any(shape in text.encode() for shape in shapes), f"not found in {text!r}")
