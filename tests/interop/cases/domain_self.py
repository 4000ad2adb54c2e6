# SPDX-License-Identifier: Apache-2.0
"""The lab itself: the domain gives tickets for our service, with AES, and checks passwords."""
import domain as d
from case import collector, expect
from process import run

CASES, case = collector()


@case("domain.tickets", limit=150)
def tickets(lab):
    """The key distribution centre gives an AES256 ticket that our keytab decrypts"""
    domain = d.domain(lab)
    env = domain.ccache()
    result = run(["kvno", "-k", domain.keytab, f"host/{d.OURS}@{d.REALM}"], 20, env=env)
    expect("keytab entry valid" in result.out, result.out)
    result = run(["klist", "-e"], 20, env=env)
    expect("aes256-cts-hmac-sha1-96" in result.out, result.out)
    run(["kinit", f"{d.USER}@{d.REALM}"], 20, env=dict(env, KRB5CCNAME="MEMORY:none"),
        text=d.WRONG + "\n", status=1)
