/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may register and who may call: rules in, a verdict with its reason out. Pure: time comes in as
 * a parameter, nothing is looked up elsewhere. One engine for the endpoint mapper, hosted services
 * and any program of one's own.
 *
 * The rules of one kind stand in one list; the first that matches decides, and when none does the
 * default of the policy. A policy is immutable once built and may be asked by any number of threads;
 * what rates count lives apart, in struct portero_policy_rates: for one thread, or for several with
 * a lock of theirs.
 */
#ifndef PORTERO_POLICY_H
#define PORTERO_POLICY_H

#include <portero/arena.h>
#include <portero/security.h>
#include <portero/sid.h>
#include <portero/tower.h>

PORTERO_BEGIN_DECLS

enum portero_action {
  PORTERO_ACTION_ALLOW,
  PORTERO_ACTION_DENY,    /* answered with a fault */
  PORTERO_ACTION_DROP,    /* the connection is closed without a word */
  PORTERO_ACTION_OBSERVE, /* told and tagged; the rules behind it go on to decide */
};

/* ---- what is asked ---- */

/*
 * A call, or with has_opnum false a bind. Texts may be NULL where they are not known.
 *
 * A bind is refused only when no call over it could be allowed: operation, object, level, mechanism,
 * account, SIDs and rate are not looked at, and a rule with such a condition may match or not. One
 * that may and allows lets the bind pass, one that may and refuses or observes is passed over; the
 * first that matches whatever the call will be decides, then the default.
 */
struct portero_policy_call {
  uint8_t source[16], destination[16]; /* IPv4 mapped; all zero: a local socket */
  uint8_t protseq;                     /* enum portero_protseq */
  struct portero_syntax interface;
  bool has_opnum;
  uint16_t opnum;
  bool missing; /* not offered: the interface of a bind, the operation of a call */
  bool again;   /* the same was asked before: rates do not count it twice */
  const struct portero_uuid *object;
  uint8_t level;                           /* enum portero_auth_level; what it is worth */
  const struct portero_identity *identity; /* NULL: nobody who has a name */
  uint64_t now;                            /* ms of any clock; of one thread it does not go back */
  uint16_t minute;                         /* of the local day, 0 to 1439 */
  uint8_t weekday;                         /* 0: Monday */
};

/* A registration at the endpoint mapper. */
struct portero_policy_registration {
  struct portero_syntax interface;
  uint8_t protseq;
  const char *endpoint;
  bool is_remote;
  uint32_t uid, gid;
  const uint32_t *groups; /* further ones */
  size_t n_groups;
  const char *unit; /* systemd unit, "cups.service"; NULL: none */
};

#define PORTERO_POLICY_OBSERVED 8u

struct portero_verdict {
  enum portero_action action; /* ALLOW, DENY or DROP */
  uint32_t fault;             /* DENY: what the caller is told */
  const char *rule;           /* NULL: the default. Lives as long as the policy */
  uint32_t line;              /* of the rule in its file; 0: the default */
  bool alert;                 /* the rule that decided asks for one */
  const char *const *tags;    /* of the rule that decided */
  size_t n_tags;
  /* OBSERVE rules that matched before, in their order: the first PORTERO_POLICY_OBSERVED of them. */
  uint8_t n_observed;
  struct portero_policy_observed {
    const char *rule;
    uint32_t line;
    bool alert;
    const char *const *tags;
    size_t n_tags;
  } observed[PORTERO_POLICY_OBSERVED];
};

struct portero_policy;
struct portero_policy_rates;

PORTERO_API void portero_policy_ask_call(const struct portero_policy *p,
                                         struct portero_policy_rates *rates,
                                         const struct portero_policy_call *call,
                                         struct portero_verdict *out_verdict);
/*
 * Besides the rules: a well-known interface that the policy reserves for others is refused, even
 * before its owner has registered it.
 */
PORTERO_API void portero_policy_ask_registration(const struct portero_policy *p,
                                                 const struct portero_policy_registration *r,
                                                 struct portero_verdict *out_verdict);
/*
 * Everything that would be looked at, a line each, for `portero policy explain`: the key of the
 * condition for which a rule does not match. Of a bind, a rule that allows and may match does match,
 * and why is the key of the first condition that is not known yet; NULL: none.
 */
PORTERO_API void portero_policy_explain_call(
    const struct portero_policy *p, const struct portero_policy_call *call,
    void (*tell)(void *user, const char *rule, uint32_t line, bool matches, const char *why),
    void *user);

/* Does any rule for calls count how often a source came? Without, rates are not needed. */
PORTERO_API bool portero_policy_has_rates(const struct portero_policy *p);
/*
 * max_sources: how many different sources are counted at a time; an IPv6 source is its /64. NULL:
 * memory is out.
 */
PORTERO_API struct portero_policy_rates *portero_policy_rates_new(const struct portero_mem *mem,
                                                                  const struct portero_policy *p,
                                                                  size_t max_sources);
PORTERO_API void portero_policy_rates_free(struct portero_policy_rates *rates);
/*
 * A random number, so that nobody can choose addresses that push the counter of another one out.
 * Before anyone asks; without, the places of all sources can be foreseen.
 */
PORTERO_API void portero_policy_rates_seed(struct portero_policy_rates *rates, uint64_t seed);
/*
 * Several threads go by these rates: the lock is held while one is counted, and only then. Before the
 * first of them asks; ctx lives as long as the rates.
 */
struct portero_policy_lock {
  void (*take)(void *ctx);
  void (*give)(void *ctx);
  void *ctx;
};
PORTERO_API void portero_policy_rates_share(struct portero_policy_rates *rates,
                                            const struct portero_policy_lock *lock);

/* ---- building one: the configuration reader does, and programs without a file may ---- */

struct portero_policy_network {
  uint8_t ip[16];
  uint8_t prefix; /* of 128; IPv4 counts from 96 */
};

/* A condition on one key: the rule matches when any value does, or with negate when none does. */
struct portero_policy_rule {
  const char *name; /* unique in its list */
  uint32_t line;
  enum portero_action action;
  uint32_t fault; /* 0: access denied */
  bool alert;
  const char *const *tags;
  size_t n_tags;

  struct {
    const struct portero_policy_network *values;
    size_t count;
    bool negate;
  } sources, destinations;
  struct {
    const struct portero_policy_interface {
      struct portero_uuid uuid;
      bool any_version;
      uint16_t major;
      /* Ranges of operations; none: all, binds too. */
      const struct portero_policy_range {
        uint16_t low, high;
      } * operations;
      size_t n_operations;
    } * values;
    size_t count;
    bool negate;
  } interfaces;
  struct {
    const struct portero_uuid *values;
    size_t count;
    bool negate;
  } objects;
  struct {
    const struct portero_sid *values;
    size_t count;
    bool negate;
  } sids;
  struct {
    const char *const *values; /* "DOMAIN\name", "name@REALM", "name"; case does not matter */
    size_t count;
    bool negate;
  } accounts;
  bool missing;        /* matches only what is not offered: how somebody looks around */
  uint32_t protseqs;   /* bits 1 << enum portero_protseq; 0: any */
  uint32_t mechanisms; /* bits: 1 none, 2 NTLM, 4 Kerberos, 8 Netlogon; 0: any */
  uint8_t below_level; /* matches callers below it; 0: any */
  uint8_t least_level; /* matches callers at it or above; 0: any */
  uint32_t rate,
      rate_window; /* matches once more than rate calls came from a source within ms; 0: any */
  uint16_t from_minute, to_minute; /* equal: any time; from > to: over midnight */
  uint8_t weekdays;                /* bits 1 << weekday; 0: any */

  /* registrations only */
  struct {
    const uint32_t *values;
    size_t count;
    bool negate;
  } uids, gids;
  struct {
    const char *const *values;
    size_t count;
    bool negate;
  } units, endpoints;
};

/* An interface that belongs to the owners named, and to nobody else. */
struct portero_policy_reservation {
  const char *name;
  uint32_t line;
  struct portero_uuid uuid;
  const uint32_t *uids, *gids;
  size_t n_uids, n_gids;
  const char *const *units;
  size_t n_units;
};

struct portero_policy_options {
  const struct portero_policy_rule *calls, *registrations;
  size_t n_calls, n_registrations;
  const struct portero_policy_reservation *reservations;
  size_t n_reservations;
  enum portero_action call_default, registration_default; /* ALLOW or DENY */
};

/*
 * Copies everything into memory of its own. LOCAL_LIMIT, LOCAL_NO_MEMORY, LOCAL_USAGE (a rule
 * without a name, two of one name).
 */
PORTERO_API PORTERO_MUST_USE portero_status
portero_policy_new(const struct portero_mem *mem, const struct portero_policy_options *options,
                   struct portero_policy **out_policy);
PORTERO_API void portero_policy_free(struct portero_policy *p);

PORTERO_END_DECLS

#endif
