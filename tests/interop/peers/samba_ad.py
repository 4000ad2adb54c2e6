# SPDX-License-Identifier: Apache-2.0
"""A Samba Active Directory domain controller, provisioned and started in about five seconds."""
import json
import os
import re

from lab import DOMAIN, HOSTS, need
from peers import samba
from process import Daemon, listening, run

SERVERS = "epmapper, wkssvc, samr, netlogon, lsarpc, drsuapi, dssetup, unixinfo, browser, " \
          "eventlog6, backupkey, dnsserver, remote"
REALM = DOMAIN.upper()
KRB5 = f"""[libdefaults]
 default_realm = {REALM}
 dns_lookup_realm = false
 dns_lookup_kdc = false
 rdns = false
 dns_canonicalize_hostname = false
[realms]
 {REALM} = {{
  kdc = {HOSTS['dc']}
 }}
[domain_realm]
 .{DOMAIN} = {REALM}
"""


class Peer:
    user, password, workgroup = "Administrator", samba.PASSWORD, "PORTEROTEST"

    def __init__(self, lab):
        need("samba", "samba-tool", "/usr/share/samba/setup/provision.ldif")
        self.address = HOSTS["dc"]
        self.base = lab.path("ad")
        self.conf = os.path.join(self.base, "etc", "smb.conf")
        self.provision(lab)
        self.configure()
        with open(lab.path("krb5.conf"), "w", encoding="ascii") as f:
            f.write(KRB5)
        self.daemon = Daemon("samba", ["samba", "-i", "-s", self.conf, "--debug-stdout"],
                             lab.path("ad.log"), env=lab.env, before=samba.own_run_samba)
        lab.on_stop(self.daemon.stop)
        self.daemon.wait_for(lambda: listening(self.address, 88, 135, 389, 445), 60)
        self.lab = lab

    def provision(self, lab):
        run(["samba-tool", "domain", "provision", "-s", "/dev/null", f"--targetdir={self.base}",
             "--server-role=dc", f"--realm={DOMAIN.upper()}", f"--domain={self.workgroup}",
             "--host-name=dc", f"--host-ip={self.address}", f"--adminpass={self.password}",
             "--dns-backend=SAMBA_INTERNAL", "--backend-store=tdb",
             f"--option=interfaces={self.address}/8", "--option=bind interfaces only=yes"],
            timeout=90, env=lab.env)

    def configure(self):
        settings = {
            "server services": "s3fs, rpc, ldap, kdc, winbindd",
            "dcerpc endpoint servers": SERVERS,
            "rpc server dynamic port range": "49152-49408",
            "ntp signd socket directory": os.path.join(self.base, "ntp"),
            "dns update command": "/bin/true", "nsupdate command": "/bin/true",
            "dcesrv:max auth states": "8",
            "spn update command": "/bin/true", "gpo update command": "/bin/true",
            "tls enabled": "no", "smb ports": "445", "disable netbios": "yes",
            "load printers": "no", "printing": "bsd",
            "server schannel require seal:PORTEROSIGN$": "no",  # one account that may only sign
        }
        settings.update(samba.folders(self.base))
        os.makedirs(os.path.join(self.base, "ntp"), exist_ok=True)
        with open(self.conf, encoding="utf-8") as f:
            lines = f.read().splitlines()
        at = lines.index("[global]") + 1
        lines[at:at] = [f"\t{key} = {value}" for key, value in settings.items()]
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")

    def domain_sid(self):
        out = run(["samba-tool", "user", "show", self.user, "--attributes=objectSid",
                   "-H", f"{self.base}/private/sam.ldb", "-s", self.conf], 60, env=self.lab.env).out
        return re.search(r"^objectSid: (S-[0-9-]+)-500$", out, re.MULTILINE).group(1)

    def add_accounts(self, accounts):
        """A list of what theirs/samba_accounts.py takes."""
        script = self.lab.source("tests", "interop", "theirs", "samba_accounts.py")
        run(["/usr/bin/python3", script, self.conf], 60, env=self.lab.env,
            text=json.dumps(accounts))
