/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The accounts that a host keeps itself: one text file, a line each. Lines without an account are
 * kept as they are.
 *
 *     # name:NT hash:SIDs:flags
 *     alice:8846f7eaee8fb117ad06bdd830b7586c
 *     bob:a4f49c406510bdcab6824ee7c30fd852:S-1-5-21-1-2-3-1104,S-1-5-32-545:disabled
 *
 * NT hashes have no salt and are worth as much as the passwords: the file is read and written only
 * with mode 0600, of root or of who runs the program (root changes anybody's). Names are compared without regard to case.
 */
#ifndef PORTERO_AUTH_ACCOUNTS_H
#define PORTERO_AUTH_ACCOUNTS_H

#include <portero/bytes.h>
#include <portero/sid.h>

#define ACCOUNTS_DEFAULT   "/etc/portero/accounts"
#define ACCOUNT_NAME_SIZE  129u /* with its NUL */
#define ACCOUNT_KEY_SIZE   256u
#define ACCOUNT_SIDS       16u
#define ACCOUNTS_LINE_SIZE 4096u
#define ACCOUNTS_FILE_SIZE (16u * 1024 * 1024)

struct account {
  char name[ACCOUNT_NAME_SIZE]; /* UTF-8 */
  uint8_t nt_hash[16];
  struct portero_sid sids[ACCOUNT_SIDS]; /* its own first, then its groups */
  size_t n_sids;
  bool disabled;
};

/* What two names have in common that mean the same account: UTF-16 in capitals. */
struct account_key {
  uint8_t data[ACCOUNT_KEY_SIZE];
  size_t size;
};

/* name: UTF-16. false: longer than any account's. */
PORTERO_MUST_USE bool account_key_make(struct portero_bytes name, struct account_key *out_key);
/* LOCAL_MALFORMED: no UTF-8, empty, or with a character that names may not have; LOCAL_LIMIT. */
PORTERO_MUST_USE portero_status account_name_check(const char *name, struct account_key *out_key);
/* One line, without its end; LOCAL_NOT_FOUND: a comment or an empty one. LOCAL_MALFORMED. */
PORTERO_MUST_USE portero_status account_parse(const char *line, struct account *out_account);
/* Appends the line. */
void account_write(struct portero_writer *w, const struct account *a);

/* ---- the whole file, as text ---- */

/*
 * Into *out_text, to be wiped and freed with accounts_text_free(). CLASS_SYSTEM: ENOENT and the
 * like; LOCAL_DENIED: others may read it, or it belongs to somebody else; LOCAL_LIMIT.
 * by_root: whoever keeps the file, not who lets callers in by it: root may read anybody's.
 */
struct accounts_text {
  char *data; /* terminated */
  size_t size;
};
PORTERO_MUST_USE portero_status accounts_text_load(int fd, bool by_root,
                                                   struct accounts_text *out_text);
void accounts_text_free(struct accounts_text *t);

/* ---- for servers: looked up again and again ---- */

struct accounts;

/* As accounts_text_load(); LOCAL_MALFORMED: *out_line (from 1) is no account, or comes twice. */
PORTERO_MUST_USE portero_status accounts_open(const char *path, struct accounts **out_accounts,
                                              unsigned *out_line);
void accounts_free(struct accounts *a);
/*
 * Reads the file again when it has changed. From any thread. LOCAL_NOT_FOUND, with *out_account
 * untouched; any other failure is the file's, and then nobody is known.
 */
PORTERO_MUST_USE portero_status accounts_find(struct accounts *a, struct portero_bytes name,
                                              struct account *out_account);

/* ---- for who changes it ---- */

/* Each takes the file's lock, changes a copy and puts it in the file's place. */
/* LOCAL_EXISTS unless replace; makes a file that is not there. */
PORTERO_MUST_USE portero_status accounts_add(const char *path, const struct account *account,
                                             bool replace);
/* LOCAL_NOT_FOUND */
PORTERO_MUST_USE portero_status accounts_remove(const char *path, const char *name);

#endif
