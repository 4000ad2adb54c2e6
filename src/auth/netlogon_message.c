/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/netlogon_message.h"

#include <portero/utf16.h>

#define TYPE_NEGOTIATE 0u
#define TYPE_RESPONSE  1u
#define LABEL_SIZE     63u /* RFC 1035 2.3.4 */
#define RESPONSE_SIZE  12u

enum name_flag {
  NAME_OEM_DOMAIN = 0x01,
  NAME_OEM_COMPUTER = 0x02,
  NAME_DNS_DOMAIN = 0x04,
  NAME_DNS_COMPUTER = 0x08,
  NAME_UTF8_COMPUTER = 0x10,
};

static bool is_ascii(const char *text)
{
  for (; *text; text++) {
    if ((uint8_t)*text >= 0x80)
      return false;
  }
  return true;
}

static bool is_utf8(const char *text)
{
  size_t size;
  return portero_is_ok(portero_utf8_to_utf16(text, strlen(text), false, NULL, 0, &size));
}

/* ---- the code page's form: up to a NUL ---- */

static void oem_read(struct portero_reader *r, char out_name[NETLOGON_NAME_SIZE])
{
  size_t length = 0;
  uint8_t c;

  do {
    c = portero_read_u8(r, "NL_AUTH_MESSAGE name");
    out_name[length++] = (char)c;
    if (c && length == NETLOGON_NAME_SIZE) {
      portero_reader_fail(r, "NL_AUTH_MESSAGE name");
      length = 0;
      c = 0;
    }
  } while (c);
  if (length == 0 || !is_ascii(out_name))
    out_name[0] = 0;
}

/* ---- the compressed form: labels behind their lengths, RFC 1035 3.1 ---- */

static bool label_write(struct portero_writer *w, const char *label, size_t length)
{
  if (length == 0 || length > LABEL_SIZE)
    return false;
  portero_write_u8(w, (uint8_t)length);
  portero_write_bytes(w, label, length);
  return true;
}

static bool labels_write(struct portero_writer *w, const char *name, bool dots)
{
  const char *dot;

  while (dots && (dot = strchr(name, '.'))) {
    if (!label_write(w, name, (size_t)(dot - name)))
      return false;
    name = dot + 1;
  }
  if (!label_write(w, name, strlen(name)))
    return false;
  portero_write_u8(w, 0);
  return true;
}

static void labels_read(struct portero_reader *r, char out_name[NETLOGON_NAME_SIZE])
{
  struct portero_bytes label;
  size_t size = 0;
  uint8_t n;

  out_name[0] = 0;
  while ((n = portero_read_u8(r, "NL_AUTH_MESSAGE label"))) {
    label = portero_read_bytes(r, n, "NL_AUTH_MESSAGE label");
    if (n > LABEL_SIZE || size + n + 2 > NETLOGON_NAME_SIZE ||
        memchr(label.data ? label.data : &n, 0, label.size))
      portero_reader_fail(r, "NL_AUTH_MESSAGE label");
    if (r->failed)
      return;
    if (size)
      out_name[size++] = '.';
    memcpy(out_name + size, label.data, n);
    size += n;
    out_name[size] = 0;
  }
}

/* ---- the message ---- */

/* The names that have a place, in the order of their bits, which is their order in the buffer. */
static uint32_t flags_of(const struct netlogon_names *n)
{
  uint32_t flags = 0;

  if (n->domain[0] && is_ascii(n->domain))
    flags |= NAME_OEM_DOMAIN;
  if (n->computer[0] && is_ascii(n->computer))
    flags |= NAME_OEM_COMPUTER;
  if (n->dns_domain[0])
    flags |= NAME_DNS_DOMAIN;
  if (n->dns_computer[0])
    flags |= NAME_DNS_COMPUTER;
  if (n->computer[0])
    flags |= NAME_UTF8_COMPUTER;
  return flags;
}

portero_status netlogon_negotiate_write(struct portero_writer *w, const struct netlogon_names *n)
{
  uint32_t flags = flags_of(n);
  bool fits = true;

  portero_write_u32(w, TYPE_NEGOTIATE);
  portero_write_u32(w, flags);
  if (flags & NAME_OEM_DOMAIN)
    portero_write_bytes(w, n->domain, strlen(n->domain) + 1);
  if (flags & NAME_OEM_COMPUTER)
    portero_write_bytes(w, n->computer, strlen(n->computer) + 1);
  if (flags & NAME_DNS_DOMAIN)
    fits = labels_write(w, n->dns_domain, true);
  if (flags & NAME_DNS_COMPUTER)
    fits = labels_write(w, n->dns_computer, true) && fits;
  if (flags & NAME_UTF8_COMPUTER)
    fits = labels_write(w, n->computer, false) && fits;
  return fits ? portero_writer_finish(w) : portero_local(PORTERO_LOCAL_LIMIT);
}

portero_status netlogon_negotiate_read(struct portero_bytes token, struct netlogon_names *out_names)
{
  struct netlogon_names n = {{0}, {0}, {0}, {0}};
  char utf8[NETLOGON_NAME_SIZE] = "";
  struct portero_reader r;
  uint32_t type, flags;
  portero_status status;

  portero_reader_init(&r, token, false);
  type = portero_read_u32(&r, "NL_AUTH_MESSAGE type");
  flags = portero_read_u32(&r, "NL_AUTH_MESSAGE flags");
  if (flags & NAME_OEM_DOMAIN)
    oem_read(&r, n.domain);
  if (flags & NAME_OEM_COMPUTER)
    oem_read(&r, n.computer);
  if (flags & NAME_DNS_DOMAIN)
    labels_read(&r, n.dns_domain);
  if (flags & NAME_DNS_COMPUTER)
    labels_read(&r, n.dns_computer);
  if (flags & NAME_UTF8_COMPUTER)
    labels_read(&r, utf8);
  status = portero_reader_finish(&r);
  if (!portero_is_ok(status))
    return status;
  if (type != TYPE_NEGOTIATE || !is_utf8(n.dns_domain) || !is_utf8(n.dns_computer) ||
      !is_utf8(utf8))
    return portero_local(PORTERO_LOCAL_MALFORMED);
  if (utf8[0])
    memcpy(n.computer, utf8, sizeof utf8);
  *out_names = n;
  return portero_ok();
}

void netlogon_response_write(struct portero_writer *w)
{
  portero_write_u32(w, TYPE_RESPONSE);
  portero_write_u32(w, 0); /* no names */
  portero_write_u32(w, 0); /* the buffer: clients want twelve octets, 3.3.4.1.4 */
}

portero_status netlogon_response_read(struct portero_bytes token)
{
  if (token.size < RESPONSE_SIZE)
    return portero_local(PORTERO_LOCAL_SHORT);
  return portero_load_u32(token.data, false) == TYPE_RESPONSE
             ? portero_ok()
             : portero_local(PORTERO_LOCAL_MALFORMED);
}
