/* SPDX-License-Identifier: Apache-2.0 */
/* The schema as a configuration file in which every key is a comment. */
#include <stdio.h>
#include <string.h>

#include "src/config/schema.h"

#define WIDTH 95u

static void print_wrapped(FILE *out, const char *indent, const char *text)
{
  size_t column = strlen(indent);

  (void)fprintf(out, "%s#", indent);
  while (*text) {
    size_t word = strcspn(text, " ");
    if (column + word + 1 > WIDTH) {
      (void)fprintf(out, "\n%s#", indent);
      column = strlen(indent);
    }
    (void)fprintf(out, " %.*s", (int)word, text);
    column += word + 1;
    text += word + strspn(text + word, " ");
  }
  (void)fputc('\n', out);
}

/* What a key without default may look like. */
static const char *sample_of(const struct schema_key *key)
{
  static const struct {
    const char *path, *sample;
  } samples[] = {
      {"mapper.addresses", "[192.0.2.11, \"2001:db8::11\"]"},
      {"mapper.socket", "/run/portero/epmapper.sock"},
      {"mapper.register-users", "[www-data]"},
      {"mapper.register-groups", "[rpc]"},
      {"auth.accounts", "/etc/portero/accounts"},
      {"auth.keytab", "/etc/portero/portero.keytab"},
      {"policy.file", "/etc/portero/policy.yaml"},
      {"book.file", "/var/log/portero/book.json"},
      {"book.form", "json"},
      {"book.kinds", "[call, bind, request, registered, alert]"},
      {"book.outcomes", "[denied, fault]"},
      {"book.interfaces", "[samr, drsuapi]"},
      {"book.sources", "[10.0.0.0/8, \"2001:db8::/32\"]"},
      {"book.output", "stderr"},
      {"book.syslog", "local"},
      {"book.path", "/dev/log"},
      {"book.host", "logs.example.org"},
      {"book.port", "6514"},
      {"book.ca-file", "/etc/ssl/certs/ca-certificates.crt"},
      {"book.journal", "default"},
      {"metrics.address", "127.0.0.1"},
      {"metrics.port", "9135"},
      {"endpoints.interface", "12345678-1234-abcd-ef00-01234567cffb:1.0"},
      {"endpoints.binding", "\"ncacn_ip_tcp:[5000]\""},
      {"endpoints.annotation", "Samba netlogon"},
      {"endpoints.object", "6f2c1a3e-8d47-4b59-9a0e-3c5b7d1e2f40"},
  };

  if (key->standard)
    return key->standard;
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
    if (strcmp(samples[i].path, key->path) == 0)
      return samples[i].sample;
  return "\"\"";
}

/* Each way of the book begins a sink of its own; one to a host needs another than a local one. */
static bool begins_item(const struct schema_key *key)
{
  static const char *const beginnings[] = {"book.file", "book.output", "book.syslog",
                                           "book.journal"};

  for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
    if (strcmp(key->path, beginnings[i]) == 0)
      return true;
  return false;
}

static void print_key(FILE *out, const struct schema_key *key, bool first)
{
  const char *name = strchr(key->path, '.') + 1;
  bool in_list = schema_place_of(key) != SCHEMA_IN_CONFIG;

  first = first || begins_item(key);
  if (!in_list || first)
    (void)fputc('\n', out);
  if (strcmp(key->path, "book.host") == 0)
    (void)fputs("\n  #- syslog: tls\n", out);
  print_wrapped(out, "  ", key->help);
  (void)fprintf(out, "%s%s: %s\n",
                !in_list ? "  #"
                : first  ? "  #- "
                         : "  #  ",
                name, sample_of(key));
}

void config_print_example(FILE *out)
{
  const char *section = "";
  size_t length = 0;

  (void)fputs(
      "# SPDX-License-Identifier: Apache-2.0\n"
      "# Configuration of portero serve, portero.conf(5). Every key stands here with its default,\n"
      "# or with an example where there is none; take the # away to set it. Without any key set\n"
      "# the endpoint mapper is safe. portero serve --check tells about mistakes.\n",
      out);
  for (size_t i = 0; i < schema_n_keys; i++) {
    const char *path = schema_keys[i].path;
    bool first = strncmp(path, section, length) != 0 || path[length] != '.' || length == 0;
    if (first) {
      section = path;
      length = strcspn(path, ".");
      (void)fprintf(out, "\n%.*s:\n", (int)length, path);
    }
    print_key(out, &schema_keys[i], first);
  }
}
