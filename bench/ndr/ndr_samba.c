/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Samba's marshalling, for bench/ndr/run: linked with libndr, therefore under its license; built for
 * the bench alone, never installed and no part of Portero. Structs are pushed and pulled as code
 * made by Samba's own compiler does it: a call for each scalar, alignment before, in a fresh context.
 * usage: ndr_samba pairs|hypers|bytes|logon write|read|hex SECONDS
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include <talloc.h>

/* Samba's headers need each other in this order. */
#include <core/ntstatus.h>

#include <ndr.h>

#include <gen_ndr/netlogon.h>

#include "bench/ndr/subjects.h"

enum ndr_err_code ndr_push_netr_SamInfo3(struct ndr_push *ndr, int ndr_flags,
                                         const struct netr_SamInfo3 *r);
enum ndr_err_code ndr_pull_netr_SamInfo3(struct ndr_pull *ndr, int ndr_flags,
                                         struct netr_SamInfo3 *r);

struct pair {
  uint16_t a;
  uint8_t b;
};

static struct pair pairs[BENCH_ELEMENTS];
static uint64_t hypers[BENCH_ELEMENTS];
static uint8_t bytes[BENCH_BYTES];
static struct samr_RidWithAttribute groups[BENCH_GROUPS];
static struct netr_SidAttr sids[BENCH_SIDS];
static struct dom_sid domain = {1, 4, {0, 0, 0, 0, 0, 5}, {21, 1, 2, 3}};
static struct netr_SamInfo3 logon;
static const char *subject;
static DATA_BLOB stub;
static bool keep;

/* The first characters of the alphabet; each text for itself, since it ends with a zero. */
static const char *text_of(size_t characters)
{
  char *copy = calloc(1, characters + 1);

  for (size_t i = 0; copy && i < characters; i++)
    copy[i] = (char)('a' + i % 26);
  return copy;
}

static void fill_logon(struct netr_SamBaseInfo *v)
{
  v->account_name.string = text_of(12);
  v->full_name.string = text_of(20);
  v->logon_script.string = text_of(8);
  v->profile_path.string = text_of(16);
  v->home_directory.string = text_of(16);
  v->home_drive.string = text_of(2);
  v->logon_count = 7;
  v->rid = 1105;
  v->primary_gid = 513;
  v->groups.count = BENCH_GROUPS;
  v->groups.rids = groups;
  v->user_flags = 0x20;
  v->logon_server.string = text_of(10);
  v->logon_domain.string = text_of(9);
  v->domain_sid = &domain;
  v->acct_flags = 0x210;
}

static void fill(void)
{
  for (unsigned i = 0; i < BENCH_ELEMENTS; i++) {
    pairs[i] = (struct pair){(uint16_t)i, (uint8_t)(i * 3)};
    hypers[i] = (uint64_t)i * 0x0102030405;
  }
  for (unsigned i = 0; i < BENCH_BYTES; i++)
    bytes[i] = (uint8_t)i;
  for (unsigned i = 0; i < BENCH_GROUPS; i++)
    groups[i] = (struct samr_RidWithAttribute){1000 + i, 7};
  for (unsigned i = 0; i < BENCH_SIDS; i++)
    sids[i] = (struct netr_SidAttr){&domain, 7};
  fill_logon(&logon.base);
  logon.sidcount = BENCH_SIDS;
  logon.sids = sids;
}

/* ---- writing ---- */

static enum ndr_err_code push_pairs(struct ndr_push *ndr)
{
  NDR_CHECK(ndr_push_uint32(ndr, NDR_SCALARS, BENCH_ELEMENTS));
  NDR_CHECK(ndr_push_uint3264(ndr, NDR_SCALARS, BENCH_ELEMENTS));
  for (uint32_t i = 0; i < BENCH_ELEMENTS; i++) {
    NDR_CHECK(ndr_push_align(ndr, 2));
    NDR_CHECK(ndr_push_uint16(ndr, NDR_SCALARS, pairs[i].a));
    NDR_CHECK(ndr_push_uint8(ndr, NDR_SCALARS, pairs[i].b));
    NDR_CHECK(ndr_push_trailer_align(ndr, 2));
  }
  return NDR_ERR_SUCCESS;
}

static enum ndr_err_code push_hypers(struct ndr_push *ndr)
{
  NDR_CHECK(ndr_push_uint32(ndr, NDR_SCALARS, BENCH_ELEMENTS));
  NDR_CHECK(ndr_push_uint3264(ndr, NDR_SCALARS, BENCH_ELEMENTS));
  for (uint32_t i = 0; i < BENCH_ELEMENTS; i++)
    NDR_CHECK(ndr_push_hyper(ndr, NDR_SCALARS, hypers[i]));
  return NDR_ERR_SUCCESS;
}

static enum ndr_err_code push_bytes(struct ndr_push *ndr)
{
  NDR_CHECK(ndr_push_uint32(ndr, NDR_SCALARS, BENCH_BYTES));
  NDR_CHECK(ndr_push_uint3264(ndr, NDR_SCALARS, BENCH_BYTES));
  return ndr_push_array_uint8(ndr, NDR_SCALARS, bytes, BENCH_BYTES);
}

static enum ndr_err_code push(struct ndr_push *ndr)
{
  if (strcmp(subject, "pairs") == 0)
    return push_pairs(ndr);
  if (strcmp(subject, "hypers") == 0)
    return push_hypers(ndr);
  if (strcmp(subject, "bytes") == 0)
    return push_bytes(ndr);
  return ndr_push_netr_SamInfo3(ndr, NDR_SCALARS | NDR_BUFFERS, &logon);
}

static void write_stub(void)
{
  struct ndr_push *ndr = ndr_push_init_ctx(NULL);

  if (!ndr || !NDR_ERR_CODE_IS_SUCCESS(push(ndr)))
    exit(1);
  if (keep)
    stub = data_blob_talloc(NULL, ndr->data, ndr->offset);
  talloc_free(ndr);
}

/* ---- reading ---- */

static enum ndr_err_code pull_pairs(struct ndr_pull *ndr)
{
  uint32_t n, size;
  struct pair *v;

  NDR_CHECK(ndr_pull_uint32(ndr, NDR_SCALARS, &n));
  NDR_CHECK(ndr_pull_array_size(ndr, &v));
  NDR_CHECK(ndr_get_array_size(ndr, &v, &size));
  v = talloc_zero_array(ndr, struct pair, size);
  for (uint32_t i = 0; i < size; i++) {
    NDR_CHECK(ndr_pull_align(ndr, 2));
    NDR_CHECK(ndr_pull_uint16(ndr, NDR_SCALARS, &v[i].a));
    NDR_CHECK(ndr_pull_uint8(ndr, NDR_SCALARS, &v[i].b));
    NDR_CHECK(ndr_pull_trailer_align(ndr, 2));
  }
  return NDR_ERR_SUCCESS;
}

static enum ndr_err_code pull_hypers(struct ndr_pull *ndr)
{
  uint32_t n, size;
  uint64_t *v;

  NDR_CHECK(ndr_pull_uint32(ndr, NDR_SCALARS, &n));
  NDR_CHECK(ndr_pull_array_size(ndr, &v));
  NDR_CHECK(ndr_get_array_size(ndr, &v, &size));
  v = talloc_zero_array(ndr, uint64_t, size);
  for (uint32_t i = 0; i < size; i++)
    NDR_CHECK(ndr_pull_hyper(ndr, NDR_SCALARS, &v[i]));
  return NDR_ERR_SUCCESS;
}

static enum ndr_err_code pull_bytes(struct ndr_pull *ndr)
{
  uint32_t n, size;
  uint8_t *v;

  NDR_CHECK(ndr_pull_uint32(ndr, NDR_SCALARS, &n));
  NDR_CHECK(ndr_pull_array_size(ndr, &v));
  NDR_CHECK(ndr_get_array_size(ndr, &v, &size));
  v = talloc_zero_array(ndr, uint8_t, size);
  return ndr_pull_array_uint8(ndr, NDR_SCALARS, v, size);
}

static enum ndr_err_code pull(struct ndr_pull *ndr)
{
  struct netr_SamInfo3 *v;

  if (strcmp(subject, "pairs") == 0)
    return pull_pairs(ndr);
  if (strcmp(subject, "hypers") == 0)
    return pull_hypers(ndr);
  if (strcmp(subject, "bytes") == 0)
    return pull_bytes(ndr);
  v = talloc_zero(ndr, struct netr_SamInfo3);
  return ndr_pull_netr_SamInfo3(ndr, NDR_SCALARS | NDR_BUFFERS, v);
}

static void read_stub(void)
{
  struct ndr_pull *ndr = ndr_pull_init_blob(&stub, NULL);

  if (!ndr || !NDR_ERR_CODE_IS_SUCCESS(pull(ndr)))
    exit(1);
  talloc_free(ndr);
}

int main(int argc, char **argv)
{
  if (argc != 4) {
    (void)fprintf(stderr, "usage: ndr_samba SUBJECT write|read|hex SECONDS\n");
    return 2;
  }
  subject = argv[1];
  fill();
  keep = true;
  write_stub();
  keep = false;
  if (strcmp(argv[2], "hex") == 0)
    bench_print_hex(stub.data, stub.length);
  else
    bench_measure(strcmp(argv[2], "write") == 0 ? write_stub : read_stub, strtod(argv[3], NULL));
  return 0;
}
