/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts file as a server has it: sorted, read again when it has changed. */
#include "src/auth/accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct entry {
  struct account_key key;
  struct account account;
};

struct accounts {
  pthread_mutex_t lock;
  char *path;
  struct stat seen;      /* of the file that was read last */
  portero_status status; /* of reading it */
  struct entry *entries; /* by key */
  size_t n, capacity;
};

static portero_status system_status(void)
{
  return portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)errno);
}

/* ---- the text ---- */

static bool is_private(const struct stat *st, bool by_root)
{
  uid_t me = geteuid();

  return S_ISREG(st->st_mode) && !(st->st_mode & 07177) &&
         (st->st_uid == 0 || st->st_uid == me || (by_root && me == 0));
}

portero_status accounts_text_load(int fd, bool by_root, struct accounts_text *out_text)
{
  struct accounts_text t = {NULL, 0};
  struct stat st;
  ssize_t n = 0;

  if (fstat(fd, &st) < 0)
    return system_status();
  if (!is_private(&st, by_root))
    return portero_local(PORTERO_LOCAL_DENIED);
  if (st.st_size > (off_t)ACCOUNTS_FILE_SIZE)
    return portero_local(PORTERO_LOCAL_LIMIT);
  t.data = malloc((size_t)st.st_size + 1);
  if (!t.data)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  while (t.size < (size_t)st.st_size &&
         (n = read(fd, t.data + t.size, (size_t)st.st_size - t.size)) > 0)
    t.size += (size_t)n;
  t.data[t.size] = 0;
  if (n < 0 || memchr(t.data, 0, t.size)) {
    portero_status status = n < 0 ? system_status() : portero_local(PORTERO_LOCAL_MALFORMED);
    accounts_text_free(&t);
    return status;
  }
  *out_text = t;
  return portero_ok();
}

void accounts_text_free(struct accounts_text *t)
{
  if (t->data)
    explicit_bzero(t->data, t->size);
  free(t->data);
  t->data = NULL;
}

/* ---- the table ---- */

static int compare(const struct account_key *a, const struct account_key *b)
{
  size_t least = a->size < b->size ? a->size : b->size;
  int order = least ? memcmp(a->data, b->data, least) : 0;

  return order ? order : (a->size > b->size) - (a->size < b->size);
}

static int compare_entries(const void *a, const void *b)
{
  return compare(&((const struct entry *)a)->key, &((const struct entry *)b)->key);
}

static void forget(struct accounts *a)
{
  if (a->entries)
    explicit_bzero(a->entries, a->capacity * sizeof *a->entries);
  free(a->entries);
  a->entries = NULL;
  a->n = a->capacity = 0;
}

/* realloc() would leave hashes behind. */
static bool grow(struct accounts *a)
{
  size_t capacity = a->capacity ? a->capacity * 2 : 16, n = a->n;
  struct entry *entries = calloc(capacity, sizeof *entries);

  if (!entries)
    return false;
  if (n)
    memcpy(entries, a->entries, n * sizeof *entries);
  forget(a);
  a->entries = entries;
  a->n = n;
  a->capacity = capacity;
  return true;
}

static portero_status take_line(struct accounts *a, const char *line)
{
  struct account account;
  portero_status status = account_parse(line, &account);

  if (portero_is_local(status, PORTERO_LOCAL_NOT_FOUND))
    return portero_ok();
  if (!portero_is_ok(status))
    return status;
  if (a->n == a->capacity && !grow(a))
    status = portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (portero_is_ok(status))
    status = account_name_check(account.name, &a->entries[a->n].key);
  if (portero_is_ok(status))
    a->entries[a->n++].account = account;
  explicit_bzero(&account, sizeof account);
  return status;
}

static portero_status take_text(struct accounts *a, char *text, unsigned *out_line)
{
  char *rest = text, *line;

  *out_line = 0;
  while ((line = strsep(&rest, "\n"))) {
    portero_status status = take_line(a, line);
    ++*out_line;
    if (!portero_is_ok(status))
      return status;
  }
  if (a->n)
    qsort(a->entries, a->n, sizeof *a->entries, compare_entries);
  for (size_t i = 1; i < a->n; i++)
    if (compare_entries(&a->entries[i - 1], &a->entries[i]) == 0)
      return portero_local(PORTERO_LOCAL_MALFORMED);
  return portero_ok();
}

static portero_status load(struct accounts *a, unsigned *out_line)
{
  int fd = open(a->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct accounts_text text;
  portero_status status;

  forget(a);
  memset(&a->seen, 0, sizeof a->seen);
  *out_line = 0;
  if (fd < 0)
    return system_status();
  status = fstat(fd, &a->seen) < 0 ? system_status() : accounts_text_load(fd, false, &text);
  close(fd);
  if (!portero_is_ok(status))
    return status;
  status = take_text(a, text.data, out_line);
  accounts_text_free(&text);
  if (!portero_is_ok(status)) {
    forget(a);
    memset(&a->seen, 0, sizeof a->seen); /* tried again next time */
  }
  return status;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
         a->st_mode == b->st_mode && a->st_uid == b->st_uid &&
         a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
         a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* ---- what servers call ---- */

portero_status accounts_open(const char *path, struct accounts **out_accounts, unsigned *out_line)
{
  struct accounts *a = calloc(1, sizeof *a);

  if (!a)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  (void)pthread_mutex_init(&a->lock, NULL);
  a->path = strdup(path);
  a->status = a->path ? load(a, out_line) : portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (!portero_is_ok(a->status)) {
    portero_status status = a->status;
    accounts_free(a);
    return status;
  }
  *out_accounts = a;
  return portero_ok();
}

void accounts_free(struct accounts *a)
{
  if (!a)
    return;
  forget(a);
  (void)pthread_mutex_destroy(&a->lock);
  free(a->path);
  free(a);
}

static portero_status find(struct accounts *a, struct portero_bytes name,
                           struct account *out_account)
{
  struct entry wanted, *found = NULL;
  struct stat st;
  unsigned line;

  if (stat(a->path, &st) < 0 || !is_same_file(&st, &a->seen))
    a->status = load(a, &line);
  if (!portero_is_ok(a->status))
    return a->status;
  if (a->n && account_key_make(name, &wanted.key))
    found = bsearch(&wanted, a->entries, a->n, sizeof *a->entries, compare_entries);
  if (!found)
    return portero_local(PORTERO_LOCAL_NOT_FOUND);
  *out_account = found->account;
  return portero_ok();
}

portero_status accounts_find(struct accounts *a, struct portero_bytes name,
                             struct account *out_account)
{
  portero_status status;

  (void)pthread_mutex_lock(&a->lock);
  status = find(a, name, out_account);
  (void)pthread_mutex_unlock(&a->lock);
  return status;
}
