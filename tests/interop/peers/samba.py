# SPDX-License-Identifier: Apache-2.0
"""What the two Samba servers and Samba's clients have in common."""
import os

import namespace

PASSWORD = "Porter0-Passw0rd"
FOLDERS = ("private", "lock", "state", "cache", "run", "ncalrpc", "log")


def folders(base):
    """The settings that keep a Samba inside the folder base."""
    for name in FOLDERS:
        os.makedirs(os.path.join(base, name), exist_ok=True)
    return {
        "private dir": os.path.join(base, "private"),
        "lock directory": os.path.join(base, "lock"),
        "state directory": os.path.join(base, "state"),
        "cache directory": os.path.join(base, "cache"),
        "pid directory": os.path.join(base, "run"),
        "ncalrpc dir": os.path.join(base, "ncalrpc"),
        "log file": os.path.join(base, "log", "log.%m"),
    }


def write_conf(path, settings, shares=()):
    with open(path, "w", encoding="utf-8") as f:
        f.write("[global]\n")
        f.writelines(f"\t{key} = {value}\n" for key, value in settings.items())
        for name, folder in shares:
            f.write(f"[{name}]\n\tpath = {folder}\n\tread only = no\n")


def own_run_samba():
    """Between fork and exec: a /run/samba that no other Samba sees.

    The path of winbindd's socket there is compiled into Samba's libraries, so two Sambas on one
    machine talk to one winbindd and refuse each other's users.
    """
    namespace.private_mounts()
    os.makedirs("/run/samba", exist_ok=True)
    namespace.mount("tmpfs", "/run/samba", "tmpfs")


def client_conf(lab):
    """The configuration for Samba's clients: nothing of this machine's own Samba."""
    path = lab.path("client.conf")
    if not os.path.exists(path):
        settings = {
            "workgroup": "PORTERO", "netbios name": "INTEROP", "interfaces": "127.0.0.0/8",
            "bind interfaces only": "yes", "client min protocol": "SMB2",
            "name resolve order": "host",
        }
        settings.update(folders(lab.path("client")))
        write_conf(path, settings)
    return path
