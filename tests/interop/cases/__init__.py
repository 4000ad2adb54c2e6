# SPDX-License-Identifier: Apache-2.0
"""All cases, in the order they run."""
from cases import (as_client, as_server, attacks, captures, domain_self, echo_calls, hostile_peers,
                   impacket_tools, live_calls, netlogon_channel, nmap_probe, our_tools, policy_keys,
                   raw_suite, records, samba_clients, secrets, sigma, wine_client, wine_lab)

ALL = [case for module in (impacket_tools, samba_clients, nmap_probe, wine_client, wine_lab,
                           our_tools, live_calls, echo_calls, captures, domain_self, as_client,
                           as_server, netlogon_channel, hostile_peers, raw_suite, policy_keys,
                           attacks, sigma, records, secrets)
       for case in module.CASES]
