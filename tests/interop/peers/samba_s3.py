# SPDX-License-Identifier: Apache-2.0
"""Samba as a file server: smbd, and samba-dcerpcd with its endpoint mapper on TCP 135."""
from lab import HOSTS, need
from peers import samba
from process import Daemon, listening

DCERPCD = "/usr/libexec/samba/samba-dcerpcd"


class Peer:
    def __init__(self, lab):
        need("smbd", DCERPCD)
        self.address = HOSTS["file"]
        self.conf = lab.path("s3.conf")
        settings = {
            "netbios name": "FILE", "workgroup": "PORTEROFILE",
            "server role": "standalone server", "interfaces": f"{self.address}/8",
            "bind interfaces only": "yes", "smb ports": "445", "disable netbios": "yes",
            "passdb backend": "tdbsam", "map to guest": "bad user",
            "rpc start on demand helpers": "no", "rpc server dynamic port range": "49500-49600",
            "load printers": "no", "printing": "bsd", "registry shares": "no",
        }
        settings.update(samba.folders(lab.path("s3")))
        samba.write_conf(self.conf, settings, shares=[("files", lab.path("s3"))])
        for name, command, port in (("smbd", ["smbd"], 445),
                                    ("dcerpcd", [DCERPCD, "--libexec-rpcds"], 135)):
            daemon = Daemon(name, [*command, "-F", "--no-process-group", "-s", self.conf],
                            lab.path(f"{name}.log"),
                            env=lab.env, before=samba.own_run_samba)
            lab.on_stop(daemon.stop)
            daemon.wait_for(lambda: listening(self.address, port), 30)
