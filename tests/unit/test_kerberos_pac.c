/* SPDX-License-Identifier: Apache-2.0 */
/* What needs no KDC: the logon information of a ticket, and what errors are told as. */
#include <errno.h>
#include <stdio.h>

#include <gssapi/gssapi.h>
#include <krb5/krb5.h>

#include "idl/pac.h"
#include "src/auth/kerberos_pac.h"
#include "src/auth/kerberos_why.h"
#include "tests/unit/support.h"

#define BUDGET    ((size_t)1 << 18)
#define OF_SAMPLE "S-1-5-21-1155596340-3394903322-1442591255-"

/* Administrator of a new domain, as Samba 4.17's domain controller describes it; what Samba reads
 * in it is what test_sample() expects. */
static const char sample[] =
    "01100800ccccccccd801000000000000000002003c021673b779dd01ffffffffffffff7fffffffffffffff7f"
    "e6f80457b779dd01e6b86e81807add01e6785e4cb89add011a001a0004000200000000000800020000000000"
    "0c00020000000000100002000000000014000200000000001800020001000000f40100000102000006000000"
    "1c00020020000000000000000000000000000000000000000600080020000200060008002400020028000200"
    "0000000000000000100000000000000000000000000000000000000000000000000000000000000001000000"
    "2c0002000000000000000000000000000d000000000000000d000000410064006d0069006e00690073007400"
    "7200610074006f00720000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000006000000010200000700000000020000"
    "070000003c020000070000000602000007000000070200000700000008020000070000000400000000000000"
    "0300000044004300310000000400000000000000030000004c00410042000000040000000104000000000005"
    "150000003400e1441a1d5aca1732fc5501000000300002000700000001000000010100000000001201000000"
    "00000000";

static void assert_sids(const struct kerberos_logon *l, const char *const *texts, size_t count)
{
  char text[PORTERO_SID_TEXT];

  assert_int_equal(l->n_sids, count);
  for (size_t i = 0; i < count; i++)
    assert_string_equal(portero_sid_text(&l->sids[i], text), texts[i]);
}

static void test_sample(void **state)
{
  static const char *const sids[] = {OF_SAMPLE "500", OF_SAMPLE "513", OF_SAMPLE "512",
                                     OF_SAMPLE "572", OF_SAMPLE "518", OF_SAMPLE "519",
                                     OF_SAMPLE "520", "S-1-18-1"};
  struct portero_bytes in = support_hex(sample);
  struct kerberos_logon logon;
  struct portero_arena arena;

  (void)state;
  portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
  assert_true(portero_is_ok(kerberos_pac_read(in, &arena, &logon)));
  assert_string_equal(logon.account, "Administrator");
  assert_string_equal(logon.domain, "LAB");
  assert_sids(&logon, sids, sizeof sids / sizeof *sids);
  portero_arena_deinit(&arena);
  support_free(in);
}

static bool reads(struct portero_bytes in, void *ctx)
{
  struct portero_arena arena;
  struct kerberos_logon logon;
  bool fine;

  (void)ctx;
  portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
  fine = portero_is_ok(kerberos_pac_read(in, &arena, &logon));
  if (fine) { /* what is accepted is whole */
    char text[PORTERO_SID_TEXT];

    assert_in_range(strlen(logon.account), 0, in.size * 3);
    assert_in_range(strlen(logon.domain), 0, in.size * 3);
    assert_in_range(logon.n_sids, 0, KERBEROS_MAX_SIDS);
    for (size_t i = 0; i < logon.n_sids; i++)
      assert_non_null(portero_sid_text(&logon.sids[i], text));
  }
  portero_arena_deinit(&arena);
  return fine;
}

static void test_hostile_bytes(void **state)
{
  struct portero_bytes in = support_hex(sample);

  (void)state;
  assert_int_equal(support_prefixes(in, reads, NULL), 0);
  assert_in_range(support_bit_flips(in, reads, NULL), 1, in.size * 8 - 1);
  support_free(in);
}

/* The headers of type serialization. */
static void test_headers(void **state)
{
  static const struct {
    size_t at;
    const char *bytes;
  } wrong[] = {{0, "02"},       {1, "01"},       {1, "00"},       {2, "0900"},
               {8, "00000000"}, {8, "ffffffff"}, {16, "00000000"}};

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct portero_bytes in = support_hex(sample);

    assert_true(reads(in, NULL));
    support_patch(in, wrong[i].at, wrong[i].bytes);
    assert_false(reads(in, NULL));
    support_free(in);
  }
}

/* ---- made by hand ---- */

static const uint32_t domain_rids[] = {21, 1, 2, 3}, resource_rids[] = {21, 7, 8, 9};
static const uint32_t other_rids[] = {21, 4, 5, 6, 1234};
static const struct ms_types_sid domain = {1, 4, {{0, 0, 0, 0, 0, 5}}, domain_rids};
static const struct ms_types_sid resources = {1, 4, {{0, 0, 0, 0, 0, 5}}, resource_rids};
static const struct ms_types_sid other = {1, 5, {{0, 0, 0, 0, 0, 5}}, other_rids};
static const struct ms_types_sid longest = {
    1, 15, {{0, 0, 0, 0, 0, 5}}, (const uint32_t[15]){1, 2, 3, 4, 5, 6, 7, 8, 9}};
static const struct ms_types_sid version_2 = {2, 4, {{0, 0, 0, 0, 0, 5}}, domain_rids};
static const struct lsa_types_group_membership groups[] = {{513, 7}, {512, 7}, {600, 0x10}};
static const struct lsa_types_group_membership domain_local[] = {{1100, 0x20000007}};
static const struct pac_sid_and_attributes extra[] = {{&other, 7}, {&resources, 0x10}};

static struct pac_validation_info info_of_alice(void)
{
  static const uint16_t name[] = {'a', 'l', 'i', 'c', 0xe9};

  return (struct pac_validation_info){
      .effective_name = {sizeof name, sizeof name, name},
      .user_id = 1001,
      .primary_group_id = 513,
      .group_count = 3,
      .groups = groups,
      .logon_domain_id = &domain,
      .sid_count = 2,
      .extra_sids = extra,
      .resource_group_domain_sid = &resources,
      .resource_group_count = 1,
      .resource_groups = domain_local,
  };
}

/* Written and read; the arena holds what was read. */
static portero_status through(const struct pac_validation_info *info, struct portero_arena *arena,
                              struct kerberos_logon *out_logon)
{
  struct pac_logon_info params = {.info = info};
  struct portero_ndr_writer w;
  struct portero_bytes in;
  uint8_t *head;
  portero_status status;

  portero_ndr_writer_init(&w, &portero_mem_malloc, (size_t)1 << 20, false, false);
  portero_write_bytes(&w.w, "\x01\x10\x08\x00\xcc\xcc\xcc\xcc", 8);
  head = portero_writer_reserve(&w.w, 8);
  assert_non_null(head);
  memset(head, 0, 8);
  portero_ndr_writer_start(&w);
  portero_stub_write_params(&pac_stub, &pac_stub.ops[pac_logon_info_opnum], PORTERO_DIRECTION_IN,
                            &params, arena, &w);
  assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
  portero_patch_u32(&w.w, 8, (uint32_t)(w.w.size - 16));
  in = support_copy(portero_writer_bytes(&w.w));
  portero_writer_deinit(&w.w);
  portero_arena_init(arena, &portero_mem_malloc, BUDGET);
  status = kerberos_pac_read(in, arena, out_logon);
  support_free(in);
  return status;
}

static void test_all_kinds_of_groups(void **state)
{
  static const char *const sids[] = {"S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-513",
                                     "S-1-5-21-1-2-3-512", "S-1-5-21-4-5-6-1234",
                                     "S-1-5-21-7-8-9-1100"};
  struct pac_validation_info info = info_of_alice();
  struct kerberos_logon logon;
  struct portero_arena arena;

  (void)state;
  assert_true(portero_is_ok(through(&info, &arena, &logon)));
  assert_string_equal(logon.account, "alic\xc3\xa9");
  assert_string_equal(logon.domain, "");
  assert_sids(&logon, sids, 5);
  portero_arena_deinit(&arena);
}

/* [MS-PAC] 2.5: UserId 0 means that the user is the first of the extra SIDs. */
static void test_user_of_another_domain(void **state)
{
  static const char *const sids[] = {"S-1-5-21-4-5-6-1234", "S-1-5-21-1-2-3-513",
                                     "S-1-5-21-1-2-3-512", "S-1-5-21-7-8-9-1100"};
  struct pac_validation_info info = info_of_alice();
  struct kerberos_logon logon;
  struct portero_arena arena;

  (void)state;
  info.user_id = 0;
  assert_true(portero_is_ok(through(&info, &arena, &logon)));
  assert_sids(&logon, sids, 4);
  portero_arena_deinit(&arena);
}

static uint32_t refused(const struct pac_validation_info *info)
{
  struct kerberos_logon logon = {.n_sids = 77};
  struct portero_arena arena;
  portero_status status = through(info, &arena, &logon);

  portero_arena_deinit(&arena);
  assert_true(portero_is_ok(status) || logon.n_sids == 77);
  return status.code;
}

static void test_what_is_refused(void **state)
{
  static const uint16_t with_zero[] = {'a', 0, 'b'}, half[] = {0xd800};
  const struct pac_sid_and_attributes bad = {&version_2, 7}, none = {NULL, 7};
  struct pac_validation_info info = info_of_alice();

  (void)state;
  assert_int_equal(refused(&info), 0);
  info.logon_domain_id = NULL;
  assert_int_equal(refused(&info), PORTERO_LOCAL_MALFORMED);
  info.logon_domain_id = &longest; /* no room for a RID */
  assert_int_equal(refused(&info), PORTERO_LOCAL_MALFORMED);
  info.logon_domain_id = &version_2;
  assert_int_equal(refused(&info), PORTERO_LOCAL_MALFORMED);
  info = info_of_alice();
  info.resource_group_domain_sid = NULL;
  assert_int_equal(refused(&info), PORTERO_LOCAL_MALFORMED);
  info = info_of_alice();
  info.groups = NULL;
  assert_int_equal(refused(&info), PORTERO_LOCAL_MALFORMED);
  info = info_of_alice();
  info.sid_count = 1;
  info.extra_sids = &bad;
  assert_int_equal(refused(&info), PORTERO_LOCAL_MALFORMED);
  info.extra_sids = &none;
  assert_int_equal(refused(&info), PORTERO_LOCAL_MALFORMED);
  info.extra_sids = NULL;
  assert_int_equal(refused(&info), PORTERO_LOCAL_MALFORMED);
  info = info_of_alice();
  info.effective_name = (struct ms_types_unicode_string){6, 6, with_zero};
  assert_int_equal(refused(&info), PORTERO_LOCAL_MALFORMED);
  info.effective_name = (struct ms_types_unicode_string){2, 2, half};
  assert_int_equal(refused(&info), PORTERO_LOCAL_MALFORMED);
}

static void test_too_many_groups(void **state)
{
  static struct lsa_types_group_membership many[KERBEROS_MAX_SIDS];
  struct pac_validation_info info = info_of_alice();

  (void)state;
  for (uint32_t i = 0; i < KERBEROS_MAX_SIDS; i++)
    many[i] = (struct lsa_types_group_membership){2000 + i, 7};
  info.groups = many;
  info.group_count = KERBEROS_MAX_SIDS - 5; /* user, primary group, two extra, one resource */
  assert_int_equal(refused(&info), 0);
  info.group_count++;
  assert_int_equal(refused(&info), PORTERO_LOCAL_LIMIT);
  info.group_count = 1;
  info.sid_count = UINT32_MAX; /* a sum that would wrap around */
  info.extra_sids = NULL;
  assert_int_equal(refused(&info), PORTERO_LOCAL_LIMIT);
}

/* ---- why ---- */

static void explain(bool initiator, uint32_t major, uint32_t minor, const char *words)
{
  char text[KERBEROS_WHY_SIZE];

  kerberos_explain(initiator, "alice to host/one", major, minor, text, sizeof text);
  assert_non_null(strstr(text, "alice to host/one"));
  if (!strstr(text, words))
    fail_msg("not \"%s\" but: %s", words, text);
}

static void test_why(void **state)
{
  char text[16], long_text[KERBEROS_WHY_SIZE];

  (void)state;
  kerberos_explain(false, "a\x1b[2Jb\n\x7f", GSS_S_BAD_SIG, 0, long_text, sizeof long_text);
  assert_non_null(strstr(long_text, "Kerberos, a?[2Jb??: the signature"));
  explain(true, GSS_S_FAILURE, (uint32_t)KRB5KRB_AP_ERR_SKEW, "`date -u`");
  explain(false, GSS_S_FAILURE, (uint32_t)KRB5KRB_AP_ERR_SKEW, "5 minutes");
  explain(true, GSS_S_FAILURE, (uint32_t)KRB5KRB_AP_ERR_TKT_EXPIRED, "; run kinit");
  explain(false, GSS_S_FAILURE, (uint32_t)KRB5KRB_AP_ERR_TKT_EXPIRED, "caller's ticket");
  explain(true, GSS_S_FAILURE, (uint32_t)KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, "setspn");
  explain(false, GSS_S_FAILURE, (uint32_t)KRB5_KT_KVNONOTFOUND, "klist -k");
  explain(true, GSS_S_FAILURE, (uint32_t)KRB5_KDC_UNREACH, "_kerberos._udp");
  explain(true, GSS_S_FAILURE, (uint32_t)KRB5KDC_ERR_ETYPE_NOSUPP, "AES keys");
  explain(false, GSS_S_FAILURE, EACCES, "cannot be read");
  explain(false, GSS_S_BAD_SIG, 0, "header signing");
  explain(false, GSS_S_COMPLETE | GSS_S_DUPLICATE_TOKEN, 0, "twice or out of order");
  explain(false, GSS_S_DEFECTIVE_TOKEN, 0, "no Kerberos token");
  explain(true, GSS_S_FAILURE, (uint32_t)KRB5_RC_IO, "error 13/");
  kerberos_explain(true, "a subject that is longer", GSS_S_BAD_SIG, 0, text, sizeof text);
  assert_int_equal(strlen(text), sizeof text - 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sample),
      cmocka_unit_test(test_hostile_bytes),
      cmocka_unit_test(test_headers),
      cmocka_unit_test(test_all_kinds_of_groups),
      cmocka_unit_test(test_user_of_another_domain),
      cmocka_unit_test(test_what_is_refused),
      cmocka_unit_test(test_too_many_groups),
      cmocka_unit_test(test_why),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
