/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocol towers. [C706] appendix I, L, [MS-RPCE] 2.2.1.2
 *
 *     u16 number of floors, then for each: u16 size, left-hand side, u16 size, right-hand side
 *
 * Floor 1 is the interface, 2 the transfer syntax, 3 the RPC protocol, the rest the transport's.
 * Integers are little-endian, but for ports and addresses, which are in network order.
 */
#include <portero/tower.h>

#define FLOOR_UUID    0x0d
#define UUID_LHS_SIZE 19u
#define MAX_TRANSPORT 3u

/* What stands on the right-hand side of a transport's floor. */
enum tower_value {
  VALUE_PROTOCOL, /* two octets of minor version, or nothing */
  VALUE_PORT,
  VALUE_IPV4,
  VALUE_ENDPOINT, /* text with its terminator */
  VALUE_HOST,
};

struct tower_floor {
  uint8_t protocol; /* identifier, the first octet of the left-hand side */
  enum tower_value value;
};

/* [C706] appendix I; 0x20 is the local sequence of FreeDCE and Samba. */
static const struct tower_layout {
  enum portero_protseq protseq;
  unsigned n_floors; /* above the transfer syntax */
  struct tower_floor floors[MAX_TRANSPORT];
} layouts[] = {
    {PORTERO_NCACN_IP_TCP, 3, {{0x0b, VALUE_PROTOCOL}, {0x07, VALUE_PORT}, {0x09, VALUE_IPV4}}},
    {PORTERO_NCACN_NP, 3, {{0x0b, VALUE_PROTOCOL}, {0x0f, VALUE_ENDPOINT}, {0x11, VALUE_HOST}}},
    {PORTERO_NCALRPC, 2, {{0x0c, VALUE_PROTOCOL}, {0x10, VALUE_ENDPOINT}, {0, VALUE_PROTOCOL}}},
    {PORTERO_NCACN_HTTP, 3, {{0x0b, VALUE_PROTOCOL}, {0x1f, VALUE_PORT}, {0x09, VALUE_IPV4}}},
    {PORTERO_NCADG_IP_UDP, 3, {{0x0a, VALUE_PROTOCOL}, {0x08, VALUE_PORT}, {0x09, VALUE_IPV4}}},
    {PORTERO_NCACN_UNIX_STREAM,
     2,
     {{0x0b, VALUE_PROTOCOL}, {0x20, VALUE_ENDPOINT}, {0, VALUE_PROTOCOL}}},
};
#define N_LAYOUTS (sizeof layouts / sizeof layouts[0])

struct tower_sides {
  struct portero_bytes left;
  struct portero_bytes right;
};

static struct tower_sides floor_take(struct portero_reader *r)
{
  struct tower_sides sides;

  sides.left = portero_read_bytes(r, portero_read_u16(r, "lhs size"), "lhs");
  sides.right = portero_read_bytes(r, portero_read_u16(r, "rhs size"), "rhs");
  return sides;
}

static bool syntax_take(struct portero_reader *r, struct portero_syntax *out_syntax)
{
  struct tower_sides sides = floor_take(r);
  struct portero_reader left, right;

  if (sides.left.size != UUID_LHS_SIZE || sides.left.data[0] != FLOOR_UUID || sides.right.size != 2)
    return false;
  portero_reader_init(&left, portero_bytes_make(sides.left.data + 1, UUID_LHS_SIZE - 1), false);
  portero_reader_init(&right, sides.right, false);
  out_syntax->uuid = portero_read_uuid(&left, "uuid");
  out_syntax->major = portero_read_u16(&left, "major");
  out_syntax->minor = portero_read_u16(&right, "minor");
  return true;
}

/* The layout whose floors have these identifiers; NULL when there is none. */
static const struct tower_layout *layout_find(const struct tower_sides *floors, unsigned n_floors)
{
  for (size_t i = 0; i < N_LAYOUTS; i++) {
    bool same = layouts[i].n_floors == n_floors;
    for (unsigned k = 0; same && k < n_floors; k++)
      same = floors[k].left.size == 1 && floors[k].left.data[0] == layouts[i].floors[k].protocol;
    if (same)
      return &layouts[i];
  }
  return NULL;
}

/* Text up to its terminator, behind which there may be nothing but more of them. */
static portero_status text_take(struct portero_bytes from, char *text, size_t size)
{
  size_t length = strnlen((const char *)from.data, from.size);

  for (size_t i = length; i < from.size; i++)
    if (from.data[i] != '\0')
      return portero_local(PORTERO_LOCAL_MALFORMED);
  if (length >= size)
    return portero_local(PORTERO_LOCAL_LIMIT);
  memcpy(text, from.data, length);
  text[length] = '\0';
  return portero_ok();
}

static portero_status value_take(enum tower_value value, struct portero_bytes right,
                                 struct portero_tower *tower)
{
  static const portero_status malformed = {PORTERO_CLASS_LOCAL, PORTERO_LOCAL_MALFORMED};

  switch (value) {
  case VALUE_PROTOCOL:
    return right.size == 2 || right.size == 0 ? portero_ok() : malformed;
  case VALUE_PORT:
    if (right.size != 2)
      return malformed;
    tower->port = portero_load_u16(right.data, true);
    return portero_ok();
  case VALUE_IPV4:
    if (right.size != sizeof tower->ipv4)
      return malformed;
    memcpy(tower->ipv4, right.data, sizeof tower->ipv4);
    return portero_ok();
  case VALUE_ENDPOINT:
    return text_take(right, tower->endpoint, sizeof tower->endpoint);
  case VALUE_HOST:
    return text_take(right, tower->host, sizeof tower->host);
  }
  return malformed;
}

/* Reads the floors of the transport. All floors are read before any is understood. */
static portero_status transport_take(struct portero_reader *r, unsigned n_floors,
                                     struct portero_tower *tower)
{
  struct tower_sides floors[MAX_TRANSPORT] = {{{NULL, 0}, {NULL, 0}}};
  const struct tower_layout *layout;
  portero_status status;

  for (unsigned i = 0; i < n_floors && !r->failed; i++) {
    struct tower_sides sides = floor_take(r);
    if (i < MAX_TRANSPORT)
      floors[i] = sides;
  }
  status = portero_reader_finish(r);
  if (!portero_is_ok(status))
    return status;
  if (portero_reader_left(r) > 0)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  layout = n_floors <= MAX_TRANSPORT ? layout_find(floors, n_floors) : NULL;
  if (!layout)
    return portero_local(PORTERO_LOCAL_UNSUPPORTED);
  tower->protseq = layout->protseq;
  for (unsigned i = 0; i < n_floors && portero_is_ok(status); i++)
    status = value_take(layout->floors[i].value, floors[i].right, tower);
  return status;
}

portero_status portero_tower_read(struct portero_bytes octets, struct portero_tower *out_tower)
{
  struct portero_reader r;
  struct portero_tower tower;
  portero_status status;
  unsigned n_floors;

  memset(&tower, 0, sizeof tower);
  portero_reader_init(&r, octets, false);
  n_floors = portero_read_u16(&r, "floor count");
  if (r.failed)
    return portero_local(PORTERO_LOCAL_SHORT);
  if (n_floors < 3)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  if (!syntax_take(&r, &tower.interface) || !syntax_take(&r, &tower.transfer))
    return portero_local(r.failed ? PORTERO_LOCAL_SHORT : PORTERO_LOCAL_MALFORMED);
  status = transport_take(&r, n_floors - 2, &tower);
  if (!portero_is_ok(status))
    return status;
  *out_tower = tower;
  return portero_ok();
}

static void syntax_put(struct portero_writer *w, const struct portero_syntax *syntax)
{
  portero_write_u16(w, UUID_LHS_SIZE);
  portero_write_u8(w, FLOOR_UUID);
  portero_write_uuid(w, &syntax->uuid);
  portero_write_u16(w, syntax->major);
  portero_write_u16(w, 2);
  portero_write_u16(w, syntax->minor);
}

static void text_put(struct portero_writer *w, const char *text, size_t size)
{
  size_t length = strnlen(text, size - 1);

  portero_write_u16(w, (uint16_t)(length + 1));
  portero_write_bytes(w, text, length);
  portero_write_u8(w, 0);
}

static void port_put(struct portero_writer *w, uint16_t port)
{
  uint8_t network[2];

  portero_store_u16(network, true, port);
  portero_write_u16(w, sizeof network);
  portero_write_bytes(w, network, sizeof network);
}

static void floor_put(struct portero_writer *w, const struct tower_floor *floor,
                      const struct portero_tower *tower)
{
  portero_write_u16(w, 1);
  portero_write_u8(w, floor->protocol);
  switch (floor->value) {
  case VALUE_PROTOCOL:
    portero_write_u16(w, 2);
    portero_write_u16(w, 0);
    return;
  case VALUE_PORT:
    port_put(w, tower->port);
    return;
  case VALUE_IPV4:
    portero_write_u16(w, sizeof tower->ipv4);
    portero_write_bytes(w, tower->ipv4, sizeof tower->ipv4);
    return;
  case VALUE_ENDPOINT:
    text_put(w, tower->endpoint, sizeof tower->endpoint);
    return;
  case VALUE_HOST:
    text_put(w, tower->host, sizeof tower->host);
    return;
  }
}

void portero_tower_write(struct portero_writer *w, const struct portero_tower *tower)
{
  bool big_endian = w->big_endian;

  /* Integers in a tower are little-endian whatever surrounds it. */
  w->big_endian = false;
  for (size_t i = 0; i < N_LAYOUTS; i++) {
    if (layouts[i].protseq != tower->protseq)
      continue;
    portero_write_u16(w, (uint16_t)(2 + layouts[i].n_floors));
    syntax_put(w, &tower->interface);
    syntax_put(w, &tower->transfer);
    for (unsigned k = 0; k < layouts[i].n_floors; k++)
      floor_put(w, &layouts[i].floors[k], tower);
    w->big_endian = big_endian;
    return;
  }
  w->failed = true;
}
