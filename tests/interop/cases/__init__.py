# SPDX-License-Identifier: Apache-2.0
"""All cases, in the order they run."""
from cases import (impacket_tools, samba_clients, nmap_probe, wine_client, raw_suite, captures,
                   our_tools, live_calls, echo_calls, wine_lab)

ALL = [case for module in (impacket_tools, samba_clients, nmap_probe, wine_client, wine_lab, our_tools,
                           live_calls, echo_calls, captures, raw_suite)
       for case in module.CASES]
