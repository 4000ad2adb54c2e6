/* SPDX-License-Identifier: Apache-2.0 */
/* portero policy export: the reach of a policy as rules of a packet filter. */
#include <string.h>

#include "src/cli/policy.h"
#include "src/config/policy_reach.h"
#include "src/config/policy_values.h"

/* The filter lets established connections through first: the dynamic ports are also the ones that
 * this host's own connections use. */

struct export
{
  const char *path;
  const struct policy_ports *ports;
  struct policy_reach reach;
};

/* "135,49152-65535" with the filter's own sign for a range */
static void ports_print(const struct policy_ports *p, const char *dash, const char *comma)
{
  for (unsigned i = 0; i < p->count; i++) {
    (void)printf("%s%u", i ? comma : "", p->low[i]);
    if (p->high[i] != p->low[i])
      (void)printf("%s%u", dash, p->high[i]);
  }
}

/* All of a family has no short word: its network of no bits. */
static const char *network(const struct portero_policy_network *n, char *text)
{
  if (n->prefix == 0)
    return "::/0";
  return policy_network_text(n, text, POLICY_VALUE_SIZE);
}

static void comment(const struct export *x, const char *mark, const char *how)
{
  (void)printf("%s Who may reach the RPC ports at all, from the policy ", mark);
  (void)output_text(stdout, x->path);
  (void)printf(".\n%s %s\n", mark, how);
}

/* ---- nftables ---- */

static void nft_set(const char *name, const char *type,
                    const struct portero_policy_network *networks, size_t n)
{
  char text[POLICY_VALUE_SIZE];

  (void)printf("  set %s {\n    type %s\n    flags interval\n", name, type);
  if (n)
    (void)printf("    elements = {\n");
  for (size_t i = 0; i < n; i++)
    (void)printf("      %s,\n", network(&networks[i], text));
  (void)printf("%s  }\n", n ? "    }\n" : "");
}

static void nft_rule(const struct export *x, const char *rest)
{
  (void)printf("    tcp dport { ");
  ports_print(x->ports, "-", ", ");
  (void)printf(" } %s\n", rest);
}

static void export_nftables(const struct export *x)
{
  comment(x, "#", "Load it with nft -f; loading it again replaces it.");
  (void)printf("table inet portero\n"
               "delete table inet portero\n"
               "table inet portero {\n");
  nft_set("allowed4", "ipv4_addr", x->reach.v4, x->reach.n_v4);
  nft_set("allowed6", "ipv6_addr", x->reach.v6, x->reach.n_v6);
  (void)printf("  chain input {\n"
               "    type filter hook input priority filter - 10; policy accept;\n"
               "    iifname \"lo\" accept\n"
               "    ct state established,related accept\n");
  nft_rule(x, "ip saddr @allowed4 accept");
  nft_rule(x, "ip6 saddr @allowed6 accept");
  nft_rule(x, "counter drop");
  (void)printf("  }\n}\n");
}

/* ---- iptables ---- */

static void iptables(const struct export *x, const char *program,
                     const struct portero_policy_network *networks, size_t n)
{
  char text[POLICY_VALUE_SIZE];

  (void)printf("# Load it with %s --noflush, once; after that only -A PORTERO lines change.\n",
               program);
  (void)printf("*filter\n"
               ":PORTERO - [0:0]\n"
               "-A PORTERO -i lo -j RETURN\n"
               "-A PORTERO -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN\n");
  for (size_t i = 0; i < n; i++)
    (void)printf("-A PORTERO -s %s -j RETURN\n", network(&networks[i], text));
  (void)printf("-A PORTERO -j DROP\n");
  for (unsigned i = x->ports->count; i-- > 0;) {
    (void)printf("-I INPUT 1 -p tcp -m tcp --dport %u", x->ports->low[i]);
    if (x->ports->high[i] != x->ports->low[i])
      (void)printf(":%u", x->ports->high[i]);
    (void)printf(" -j PORTERO\n");
  }
  (void)printf("COMMIT\n");
}

static void export_iptables(const struct export *x)
{
  comment(x, "#", "IPv4; IPv6 is --format ip6tables.");
  iptables(x, "iptables-restore", x->reach.v4, x->reach.n_v4);
}

static void export_ip6tables(const struct export *x)
{
  comment(x, "#", "IPv6; IPv4 is --format iptables.");
  iptables(x, "ip6tables-restore", x->reach.v6, x->reach.n_v6);
}

/* ---- ufw ---- */

static void ufw_rules(const struct export *x, const char *verb, const char *from, unsigned port)
{
  (void)printf("ufw %s proto tcp from %s to any port %u", verb, from, x->ports->low[port]);
  if (x->ports->high[port] != x->ports->low[port])
    (void)printf(":%u", x->ports->high[port]);
  (void)fputc('\n', stdout);
}

static void export_ufw(const struct export *x)
{
  char text[POLICY_VALUE_SIZE];

  comment(x, "#", "Run it with sh. Rules for these ports that ufw has already go first.");
  for (unsigned port = 0; port < x->ports->count; port++) {
    for (size_t i = 0; i < x->reach.n_v4; i++)
      ufw_rules(x, "allow", network(&x->reach.v4[i], text), port);
    for (size_t i = 0; i < x->reach.n_v6; i++)
      ufw_rules(x, "allow", network(&x->reach.v6[i], text), port);
    ufw_rules(x, "deny", "any", port);
  }
}

/* ---- Windows ---- */

/* Windows takes no network of no bits; two halves are the same. */
static void windows_address(const struct portero_policy_network *n, bool first)
{
  char text[POLICY_VALUE_SIZE];

  if (!first)
    (void)printf(",");
  if (n->prefix == 0)
    (void)printf("'::/1','8000::/1'");
  else if (n->prefix == 96 && n->ip[10] == 0xff)
    (void)printf("'0.0.0.0/1','128.0.0.0/1'");
  else
    (void)printf("'%s'", policy_network_text(n, text, sizeof text));
}

static void export_windows(const struct export *x)
{
  comment(x, "#",
          "PowerShell, as administrator. What comes in and no rule allows is blocked "
          "there by default.");
  (void)printf("Remove-NetFirewallRule -Name 'Portero-RPC' -ErrorAction SilentlyContinue\n");
  (void)printf("New-NetFirewallRule -Name 'Portero-RPC' -DisplayName 'RPC, by policy' "
               "-Direction Inbound -Protocol TCP -LocalPort ");
  ports_print(x->ports, "-", ",");
  if (x->reach.n_v4 + x->reach.n_v6 == 0) {
    (void)printf(" -Action Block\n");
    return;
  }
  (void)printf(" -Action Allow -RemoteAddress ");
  for (size_t i = 0; i < x->reach.n_v4; i++)
    windows_address(&x->reach.v4[i], i == 0);
  for (size_t i = 0; i < x->reach.n_v6; i++)
    windows_address(&x->reach.v6[i], i + x->reach.n_v4 == 0);
  (void)fputc('\n', stdout);
}

/* ---- all of them ---- */

static void export_json(const struct export *x)
{
  struct out_json j = {.stream = stdout};
  char text[POLICY_VALUE_SIZE];

  out_begin(&j, NULL, '{');
  out_begin(&j, "ports", '[');
  for (unsigned i = 0; i < x->ports->count; i++) {
    out_begin(&j, NULL, '{');
    out_number(&j, "low", x->ports->low[i]);
    out_number(&j, "high", x->ports->high[i]);
    out_end(&j, '}');
  }
  out_end(&j, ']');
  out_begin(&j, "allowed", '[');
  for (size_t i = 0; i < x->reach.n_v4; i++)
    out_text(&j, NULL, network(&x->reach.v4[i], text));
  for (size_t i = 0; i < x->reach.n_v6; i++)
    out_text(&j, NULL, network(&x->reach.v6[i], text));
  out_end(&j, ']');
  out_end(&j, '}');
}

typedef void export_format(const struct export *x);

static export_format *format_find(const struct policy_tool *t)
{
  static const struct {
    const char *name;
    export_format *print;
  } formats[] = {
      {"nftables", export_nftables}, {"iptables", export_iptables}, {"ip6tables", export_ip6tables},
      {"ufw", export_ufw},           {"windows", export_windows},
  };

  if (t->tool.json && !t->format)
    return export_json;
  for (size_t i = 0; t->format && !t->tool.json && i < sizeof formats / sizeof formats[0]; i++)
    if (strcmp(formats[i].name, t->format) == 0)
      return formats[i].print;
  return NULL;
}

int policy_export(struct policy_tool *t, const char *path)
{
  static const struct policy_ports usual = {.low = {135, 49152}, .high = {135, 65535}, .count = 2};
  struct export x = {.path = path, .ports = t->ports.count ? &t->ports : &usual};
  export_format *print = format_find(t);
  struct policy_file f;
  int exit_code;

  if (!print)
    return tool_usage(
        &t->tool, "--format: expected nftables, iptables, ip6tables, ufw or windows; or --json");
  policy_file_init(&f, &portero_mem_malloc);
  exit_code = policy_open(t, path, &f, NULL);
  if (exit_code == TOOL_GO_ON && !policy_reach_find(&f.arena, &f.options, &x.reach))
    exit_code = EXIT_LOCAL_FAILURE;
  if (exit_code == TOOL_GO_ON) {
    print(&x);
    exit_code = EXIT_OK;
  }
  policy_file_deinit(&f);
  return exit_code;
}
