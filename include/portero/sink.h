/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where events go: a book takes each record once and gives it to any number of sinks, each with a
 * form, a filter and memory of its own.
 *
 * Telling never waits. A record is formatted by whoever tells it and put into the sink's memory; the
 * sink's own thread carries it out. When that memory is full, records are counted as lost, and as
 * soon as there is room again a LOST record with their exact number takes its place among the
 * others (forms that have no LOST record leave it to the statistics). A sink that fails (full disk,
 * no receiver) keeps what it has and tries again, after 0.1 to 30 seconds.
 *
 *     struct portero_sink sink = {.form = PORTERO_FORM_JSON};
 *     struct portero_sink_file file = {.path = "/var/log/portero/book.json"};
 *     portero_book_new(NULL, &book);
 *     portero_book_add_file(book, &sink, &file);
 *     ...
 *     portero_book_tell(book, &event);   from any thread
 *     ...
 *     portero_book_flush(book, 2000);
 *     portero_book_free(book);
 *
 * A book is made, added to and freed by one thread; sinks may be added while others tell. All other
 * functions may be called from any thread, not from signal handlers. Everything passed when adding
 * is copied.
 */
#ifndef PORTERO_SINK_H
#define PORTERO_SINK_H

#include <portero/event.h>

PORTERO_BEGIN_DECLS

struct portero_book;

/* X(NAME, name): the names are what a configuration calls them. */
#define PORTERO_FORM_LIST(X)                                                                       \
  X(JSON, "json")                                                                                  \
  X(ECS, "ecs")                                                                                    \
  X(EVE, "eve")     /* CALL and BIND from the network only */                                      \
  X(ZEEK, "zeek")   /* CALL only */                                                                \
  X(RPCFW, "rpcfw") /* REQUEST only */                                                             \
  X(TEXT, "text")                                                                                  \
  X(COLOUR, "colour") /* TEXT for a terminal */                                                    \
  X(SYSLOG, "syslog") /* the form of syslog sinks, which need no other */                          \
  X(JOURNAL, "journal")

enum portero_form {
#define PORTERO_FORM_ENUM(name, text) PORTERO_FORM_##name,
  PORTERO_FORM_LIST(PORTERO_FORM_ENUM)
#undef PORTERO_FORM_ENUM
  PORTERO_FORMS
};

/* What a sink gets. Each part that is zero lets everything through; a record has to pass all. */
struct portero_sink_network {
  uint8_t ip[16]; /* IPv4 mapped, as in struct portero_event_end */
  uint8_t bits;   /* of all 128: an IPv4 /24 is 120 */
};
struct portero_sink_filter {
  uint32_t kinds;    /* 1u << enum portero_event_kind, or-ed */
  uint32_t outcomes; /* 1u << enum portero_outcome, or-ed */
  uint8_t severity;  /* syslog's number: this one and what is more urgent (smaller) */
  const struct portero_uuid *interfaces; /* records of other interfaces, or of none, stay out */
  size_t n_interfaces;
  const struct portero_sink_network *sources; /* and those from elsewhere, or from local sockets */
  size_t n_sources;
};
/* "192.0.2.0/24", "2001:db8::/32" or an address alone. LOCAL_MALFORMED: neither, or bits set behind the prefix. */
PORTERO_API portero_status portero_sink_network_parse(const char *text,
                                                      struct portero_sink_network *out_network);

struct portero_sink {
  /* In statistics and notices; NULL: where it writes to, "stderr" or "udp:192.0.2.1:514". Where the
   * book has a sink of that name already, ":2" and so on is put behind it. */
  const char *name;
  enum portero_form form;
  struct portero_sink_filter filter;
  size_t memory; /* bytes of records that wait; 0: 16 MiB; at least 128 KiB are used */
};

/* Something a person should know about a sink: it fails (once until it works again), it works again,
 * records were lost. From the sink's thread; text is one line and lives during the call. */
struct portero_book_options {
  void (*notice)(void *user, const char *sink, const char *text);
  void *user;
};

/* options may be NULL. */
PORTERO_API PORTERO_MUST_USE portero_status
portero_book_new(const struct portero_book_options *options, struct portero_book **out_book);
/* Ends all sinks at once: what still waits is gone; flush first. Waits for a name that is being
 * resolved. NULL is fine. */
PORTERO_API void portero_book_free(struct portero_book *book);

/* ---- sinks: LIMIT beyond 16 of them ---- */

/*
 * A file, appended to; made with mode 0640. It is renamed and a new one begun before it would grow
 * beyond rotate_size, and when it is older than rotate_age: to PATH.1 (which becomes PATH.2 ...) or,
 * dated, to PATH.20261121T040000Z; keep of the old ones stay. SYSTEM: it cannot be opened.
 */
struct portero_sink_file {
  const char *path;
  uint64_t rotate_size; /* bytes; 0: never */
  uint64_t rotate_age;  /* seconds; 0: never */
  unsigned keep;        /* 0: 10 */
  bool dated;
};
PORTERO_API PORTERO_MUST_USE portero_status
portero_book_add_file(struct portero_book *book, const struct portero_sink *sink,
                      const struct portero_sink_file *file);

/* An open descriptor, say 1 for standard output; it stays the caller's. */
PORTERO_API PORTERO_MUST_USE portero_status portero_book_add_output(struct portero_book *book,
                                                                    const struct portero_sink *sink,
                                                                    int fd);

enum portero_syslog_way {
  PORTERO_SYSLOG_LOCAL, /* datagrams to a local socket */
  PORTERO_SYSLOG_UDP,   /* [RFC5426]; nobody learns of what the network loses */
  PORTERO_SYSLOG_TCP,   /* octet counting, [RFC6587] 3.4.1 */
  PORTERO_SYSLOG_TLS,   /* [RFC5425]: TLS 1.2 or later, the host's name is checked */
};

/* UNSUPPORTED: TLS in a build without GnuTLS. SECURITY: a file with certificates or keys that cannot be used. */
struct portero_sink_syslog {
  enum portero_syslog_way way;
  const char *path;                 /* LOCAL; NULL: /dev/log */
  const char *host;                 /* name or address; not LOCAL */
  uint16_t port;                    /* 0: 514, with TLS 6514 */
  const char *ca_file;              /* TLS: PEM; NULL: the system's */
  const char *tls_name;             /* TLS: the name the certificate is for; NULL: host */
  const char *cert_file, *key_file; /* TLS: our own, PEM; NULL: none */
  struct portero_syslog_origin
      origin; /* host NULL: this host's name; app NULL: "portero"; pid 0: ours */
};
PORTERO_API PORTERO_MUST_USE portero_status
portero_book_add_syslog(struct portero_book *book, const struct portero_sink *sink,
                        const struct portero_sink_syslog *syslog);

/* The journal, with fields, by its native protocol. path: NULL: /run/systemd/journal/socket. */
PORTERO_API PORTERO_MUST_USE portero_status portero_book_add_journal(
    struct portero_book *book, const struct portero_sink *sink, const char *path);

/*
 * Counters for Prometheus at http://address:port/metrics: what was told by kind, outcome, verdict and
 * name of limit, and the sinks' statistics. address: a numeric loopback address ("127.0.0.1", "::1"),
 * USAGE otherwise. port 0: any; out_port (may be NULL) gets it. One for each book: EXISTS.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_book_serve_metrics(struct portero_book *book,
                                                                       const char *address,
                                                                       uint16_t port,
                                                                       uint16_t *out_port);
/* The same text, for those who serve it themselves. */
PORTERO_API void portero_book_write_metrics(struct portero_book *book, struct portero_writer *w);

/* ---- use ---- */

/* The one call. Never waits; e is no longer needed when it returns. book NULL: nothing happens.
 * A time of 0 is now. Texts too long for a record of 32 KiB are cut to 128 bytes each. */
PORTERO_API void portero_book_tell(struct portero_book *book, const struct portero_event *e);

/* For SIGHUP: files are closed and opened anew by name, connections too, waits cut short. */
PORTERO_API void portero_book_reopen(struct portero_book *book);

/* Waits until all that was told before is carried out. LOCAL_TIMEOUT after so many milliseconds. */
PORTERO_API portero_status portero_book_flush(struct portero_book *book, uint64_t milliseconds);

/* told = written + lost + waiting, always; LOST records count in none of them. */
struct portero_sink_stats {
  const char *name; /* lives as long as the book */
  uint64_t told;    /* passed the filter and has a form */
  uint64_t written, lost, waiting;
  bool failing; /* and tries again */
};
/* Up to n of them, in the order they were added; how many sinks there are. */
PORTERO_API size_t portero_book_stats(struct portero_book *book,
                                      struct portero_sink_stats *out_stats, size_t n);

PORTERO_API const char *portero_form_name(enum portero_form form);

PORTERO_END_DECLS

#endif
