/* SPDX-License-Identifier: Apache-2.0 */
#include "src/config/schema.h"

#include <string.h>

#include "src/config/similar.h"

#define AT(member)          offsetof(struct config, member)
#define OF_ENDPOINT(member) offsetof(struct config_endpoint, member)
#define OF_SINK(member)     offsetof(struct config_sink, member)

const struct schema_key schema_keys[] = {
    {"mapper.addresses", SCHEMA_LIST, AT(addresses), 0, 0, NULL,
     "addresses to listen on; without any: all, IPv4 and IPv6"},
    {"mapper.port", SCHEMA_NUMBER, AT(port), 1, 65535, "135", "TCP port of the endpoint mapper"},
    {"mapper.socket", SCHEMA_TEXT, AT(socket), 0, 0, NULL,
     "local socket for registration; without: /run/portero/epmapper.sock for root, else under "
     "$XDG_RUNTIME_DIR"},
    {"mapper.threads", SCHEMA_NUMBER, AT(threads), 1, 64, "1", "event loops"},
    {"mapper.port-range", SCHEMA_RANGE, AT(port_range), 0, 0, "49152-65535",
     "ports for dynamic endpoints that this process opens"},
    {"mapper.user", SCHEMA_TEXT, AT(user), 0, 0, "portero",
     "account to become after binding, when started as root"},
    {"mapper.register-users", SCHEMA_LIST, AT(register_users), 0, 0, NULL,
     "accounts that may register, besides root and the mapper's own (unless root became nobody)"},
    {"mapper.register-groups", SCHEMA_LIST, AT(register_groups), 0, 0, NULL,
     "groups whose members may register, by main or further group"},
    {"mapper.max-entries", SCHEMA_NUMBER, AT(max_entries), 1, 10000000, "200000",
     "entries in the map"},
    {"mapper.max-entries-per-owner", SCHEMA_NUMBER, AT(max_entries_per_owner), 1, 10000000, "1024",
     "entries one registering association may hold"},
    {"mapper.allow-remote-insert", SCHEMA_BOOL, AT(allow_remote_insert), 0, 0, "false",
     "let anyone on the network register: for tests in closed networks alone"},
    {"limits.max-fragment", SCHEMA_NUMBER, AT(max_frag), 2048, 65528, "5840",
     "bytes of one fragment"},
    {"limits.max-request", SCHEMA_NUMBER, AT(max_request), 1024, 1u << 30, "4194304",
     "bytes of one request put together"},
    {"limits.max-output", SCHEMA_NUMBER, AT(max_output), 4096, 1u << 30, "32768",
     "bytes of answers a client may leave unread before its requests wait"},
    {"limits.max-contexts", SCHEMA_NUMBER, AT(max_contexts), 1, 65535, "1024",
     "presentation contexts of one connection"},
    {"limits.max-calls", SCHEMA_NUMBER, AT(max_calls), 1, 65535, "256",
     "calls in flight on one connection"},
    {"limits.first-pdu-timeout", SCHEMA_NUMBER, AT(first_pdu_timeout), 1, 86400000, "10000",
     "milliseconds from connecting to the first whole PDU"},
    {"limits.bind-timeout", SCHEMA_NUMBER, AT(bind_timeout), 1, 86400000, "30000",
     "milliseconds from connecting to a complete bind"},
    {"limits.partial-timeout", SCHEMA_NUMBER, AT(partial_timeout), 1, 86400000, "60000",
     "milliseconds that half a PDU, half a request or an untaken answer may stand"},
    {"limits.idle-timeout", SCHEMA_NUMBER, AT(idle_timeout), 0, 86400000, "0",
     "milliseconds of silence before a connection from the network is closed; 0: no limit"},
    {"limits.drain-timeout", SCHEMA_NUMBER, AT(drain_timeout), 1, 86400000, "5000",
     "milliseconds that calls in flight get at the end"},
    {"limits.source-connections", SCHEMA_LIMIT, AT(source_limits.connections), 1, 0, "1024",
     "open connections from one address"},
    {"limits.source-connection-rate", SCHEMA_LIMIT, AT(source_limits.connection_rate), 1, 0, "500",
     "new connections from one address within a second"},
    {"limits.source-half-open", SCHEMA_LIMIT, AT(source_limits.half_open), 1, 0, "256",
     "connections from one address that have not bound yet"},
    {"limits.source-anonymous-rate", SCHEMA_LIMIT, AT(source_limits.anonymous_rate), 1, 0, "10000",
     "calls without a name from one address within a second"},
    {"limits.source-contexts", SCHEMA_LIMIT, AT(source_limits.contexts), 1, 0, "16384",
     "presentation contexts of one address"},
    {"limits.source-handles", SCHEMA_LIMIT, AT(source_limits.handles), 1, 0, "4096",
     "context handles of one address, the inquiries of the map among them"},
    {"limits.source-failed-logins", SCHEMA_LIMIT, AT(source_limits.failed_logins), 1, 0, "30",
     "failed logins from one address within a minute"},
    {"limits.source-memory", SCHEMA_LIMIT_SIZE, AT(source_limits.memory), 1048576, 0, "67108864",
     "bytes for the connections and calls of one address"},
    {"limits.total-connections", SCHEMA_LIMIT, AT(total_limits.connections), 1, 0, "16384",
     "open connections from the network, and as many on local sockets"},
    {"limits.total-connection-rate", SCHEMA_LIMIT, AT(total_limits.connection_rate), 1, 0, "5000",
     "new connections from the network within a second"},
    {"limits.total-half-open", SCHEMA_LIMIT, AT(total_limits.half_open), 1, 0, "4096",
     "connections from the network that have not bound yet"},
    {"limits.total-anonymous-rate", SCHEMA_LIMIT, AT(total_limits.anonymous_rate), 1, 0, "100000",
     "calls without a name from the network within a second"},
    {"limits.total-contexts", SCHEMA_LIMIT, AT(total_limits.contexts), 1, 0, "262144",
     "presentation contexts of all"},
    {"limits.total-handles", SCHEMA_LIMIT, AT(total_limits.handles), 1, 0, "65536",
     "context handles of all from the network"},
    {"limits.total-failed-logins", SCHEMA_LIMIT, AT(total_limits.failed_logins), 1, 0, "3000",
     "failed logins from the network within a minute"},
    {"limits.total-memory", SCHEMA_LIMIT_SIZE, AT(total_limits.memory), 1048576, 0, "536870912",
     "bytes for the connections and calls of all; from three quarters on strangers are closed"},
    {"auth.accounts", SCHEMA_TEXT, AT(accounts), 0, 0, NULL,
     "account file kept by portero-user(1): callers may authenticate by NTLM"},
    {"auth.winbind", SCHEMA_BOOL, AT(winbind), 0, 0, "false",
     "on a domain member: ask winbind for accounts that the file does not have"},
    {"auth.keytab", SCHEMA_TEXT, AT(keytab), 0, 0, NULL,
     "keys of this host's service principals: callers may authenticate by Kerberos"},
    {"policy.file", SCHEMA_TEXT, AT(policy_file), 0, 0, NULL,
     "who may register and who may call, portero-policy(5); without: no policy"},
    {"book.file", SCHEMA_TEXT, OF_SINK(file), 0, 0, NULL,
     "a file that records are appended to, made when it is not there"},
    {"book.form", SCHEMA_WORD, OF_SINK(form), SCHEMA_FORMS, 0, NULL,
     "how a record looks in a file or an output; without: json"},
    {"book.rotate-size", SCHEMA_SIZE, OF_SINK(rotate_size), 0, 0, "0",
     "bytes beyond which a file is renamed and a new one begun; 0: never"},
    {"book.rotate-age", SCHEMA_SIZE, OF_SINK(rotate_age), 0, 0, "0",
     "seconds after which the same is done; 0: never"},
    {"book.keep", SCHEMA_NUMBER, OF_SINK(keep), 1, 10000, "10", "renamed files that stay"},
    {"book.dated", SCHEMA_BOOL, OF_SINK(dated), 0, 0, "false",
     "renamed files get the time behind their name instead of a number"},
    {"book.memory", SCHEMA_SIZE, OF_SINK(memory), 131072, 0, "16777216",
     "bytes of records that may wait for a slow sink; what is more is counted as lost"},
    {"book.kinds", SCHEMA_WORDS, OF_SINK(kinds), SCHEMA_KINDS, 0, NULL,
     "only records of these kinds"},
    {"book.outcomes", SCHEMA_WORDS, OF_SINK(outcomes), SCHEMA_OUTCOMES, 0, NULL,
     "only records with one of these outcomes"},
    {"book.severity", SCHEMA_NUMBER, OF_SINK(severity), 2, 7, "7",
     "only records of this severity of syslog and more urgent ones, 2 is the most urgent"},
    {"book.interfaces", SCHEMA_INTERFACES, OF_SINK(interfaces), 0, 0, NULL,
     "only records about these interfaces, UUIDs or known names"},
    {"book.sources", SCHEMA_NETWORKS, OF_SINK(sources), 0, 0, NULL,
     "only records of callers from these addresses or networks"},
    {"book.output", SCHEMA_WORD, OF_SINK(output), SCHEMA_OUTPUTS, 0, NULL,
     "a standard stream that records are written to"},
    {"book.syslog", SCHEMA_WORD, OF_SINK(syslog), SCHEMA_SYSLOGS, 0, NULL,
     "records go to syslog as in RFC 5424: over a local socket or to a host"},
    {"book.path", SCHEMA_TEXT, OF_SINK(path), 0, 0, NULL,
     "the socket of local syslog; without: /dev/log"},
    {"book.host", SCHEMA_TEXT, OF_SINK(host), 0, 0, NULL,
     "name or address of the host that takes syslog over udp, tcp or tls"},
    {"book.port", SCHEMA_NUMBER, OF_SINK(port), 1, 65535, NULL,
     "its port; without: 514, with tls 6514"},
    {"book.ca-file", SCHEMA_TEXT, OF_SINK(ca_file), 0, 0, NULL,
     "certificates in PEM that tls trusts; without: the system's"},
    {"book.facility", SCHEMA_NUMBER, OF_SINK(facility), 0, 23, "10", "facility of syslog"},
    {"book.journal", SCHEMA_TEXT, OF_SINK(journal), 0, 0, NULL,
     "records go to the journal with their fields: default, or the path of its socket"},
    {"metrics.address", SCHEMA_LOOPBACK, AT(metrics_address), 0, 0, NULL,
     "loopback address of the counters for Prometheus; without: 127.0.0.1"},
    {"metrics.port", SCHEMA_NUMBER, AT(metrics_port), 1, 65535, NULL,
     "TCP port of the counters, over HTTP at /metrics; without: none are served"},
    {"endpoints.interface", SCHEMA_TEXT, OF_ENDPOINT(interface), 0, 0, NULL,
     "UUID and version, as UUID:MAJOR.MINOR, or a known name"},
    {"endpoints.binding", SCHEMA_TEXT, OF_ENDPOINT(binding), 0, 0, NULL,
     "string binding with an endpoint, e.g. ncacn_ip_tcp:[5000]"},
    {"endpoints.annotation", SCHEMA_TEXT, OF_ENDPOINT(annotation), 0, 0, NULL,
     "text shown in listings, at most 63 bytes"},
    {"endpoints.object", SCHEMA_TEXT, OF_ENDPOINT(object), 0, 0, NULL, "object UUID"},
};
const size_t schema_n_keys = sizeof schema_keys / sizeof schema_keys[0];

const struct schema_key *schema_find(const char *path)
{
  for (size_t i = 0; i < schema_n_keys; i++)
    if (strcmp(schema_keys[i].path, path) == 0)
      return &schema_keys[i];
  return NULL;
}

const struct schema_key *schema_similar(const char *path)
{
  struct similar s;

  similar_init(&s, path);
  for (size_t i = 0; i < schema_n_keys; i++)
    similar_offer(&s, schema_keys[i].path);
  return s.best ? schema_find(s.best) : NULL;
}

enum schema_place schema_place_of(const struct schema_key *key)
{
  if (strncmp(key->path, "endpoints.", 10) == 0)
    return SCHEMA_IN_ENDPOINT;
  return strncmp(key->path, "book.", 5) == 0 ? SCHEMA_IN_SINK : SCHEMA_IN_CONFIG;
}

bool schema_is_list(const struct schema_key *key)
{
  return key->type == SCHEMA_LIST || key->type == SCHEMA_WORDS || key->type == SCHEMA_INTERFACES ||
         key->type == SCHEMA_NETWORKS;
}
