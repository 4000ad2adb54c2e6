# SPDX-License-Identifier: Apache-2.0
"""The accounts of the test domain, and what a client needs to be one of them."""
import os

from lab import DOMAIN, need, shared
from peers import samba
from process import run

REALM, WORKGROUP = DOMAIN.upper(), "PORTEROTEST"
OURS, GUARDED, DOOR = (f"{name}.{DOMAIN}" for name in ("ours", "guarded", "door"))
USER, PASSWORD = "carol", "C4rol-Secret-of-the-test"
WRONG = "Wr0ng-Secret-of-the-test"
SERVICE, SERVICE_PASSWORD = "oursvc", "S3rvice-Secret-of-the-test"
MACHINE, MACHINE_PASSWORD = "MEMBER", "M4chine-Secret-of-the-test"
SECRETS = (PASSWORD, SERVICE_PASSWORD, MACHINE_PASSWORD, samba.PASSWORD)


class Domain:
    """The domain controller with our accounts: a user, the service that we are, a member."""

    def __init__(self, lab):
        need("kinit", "kvno")
        self.lab, self.dc = lab, lab.peer("samba_ad")
        self.keytab = lab.path("ours.keytab")
        self.env = lab.env
        self.dc.add_accounts([
            {"name": USER, "password": PASSWORD},
            {"name": SERVICE, "password": SERVICE_PASSWORD, "keytab": self.keytab,
             "spns": [f"host/{name}" for name in (OURS, GUARDED, DOOR)]},
            {"name": MACHINE, "password": MACHINE_PASSWORD, "machine": True},
        ])
        self.conf = lab.path("domain.conf")
        settings = {
            "workgroup": WORKGROUP, "realm": REALM, "netbios name": "INTEROP",
            "interfaces": "127.0.0.0/8", "bind interfaces only": "yes",
            "client min protocol": "SMB2", "name resolve order": "host",
        }
        settings.update(samba.folders(lab.path("domain")))
        samba.write_conf(self.conf, settings)

    def ccache(self, user=USER, password=PASSWORD):
        """The environment of someone who has a ticket."""
        path = self.lab.path(f"{user}.ccache")
        env = dict(self.env, KRB5CCNAME=f"FILE:{path}")
        if not os.path.exists(path):
            run(["kinit", f"{user}@{REALM}"], 20, env=env, text=password + "\n")
        return env


@shared
def domain(lab):
    return Domain(lab)
