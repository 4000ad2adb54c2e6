/* SPDX-License-Identifier: Apache-2.0 */
/* Names of interfaces and operations: facts from the published documents, and what is not known. */
#include "tests/unit/support.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <portero/catalog.h>

static struct portero_uuid uuid_of(const char *text)
{
  struct portero_uuid uuid;

  assert_true(portero_uuid_parse(text, &uuid));
  return uuid;
}

static size_t find(const char *name, struct portero_catalog_entry *out, size_t max)
{
  return portero_catalog_find(name, strlen(name), out, max);
}

static void interfaces_have_their_names(void **state)
{
  static const struct {
    const char *uuid, *name, *document;
    uint16_t major, minor;
  } facts[] = {
      {"e1af8308-5d1f-11c9-91a4-08002b14a0fa", "epmapper", "[MS-RPCE]", 3, 0},
      {"afa8bd80-7d8a-11c9-bef4-08002b102989", "mgmt", "[MS-RPCE]", 1, 0},
      {"12345778-1234-abcd-ef00-0123456789ac", "samr", "[MS-SAMR]", 1, 0},
      {"12345778-1234-abcd-ef00-0123456789ab", "lsarpc", "[MS-LSAD]", 0, 0},
      {"12345678-1234-abcd-ef00-01234567cffb", "netlogon", "[MS-NRPC]", 1, 0},
      {"367abb81-9844-35f1-ad32-98f038001003", "svcctl", "[MS-SCMR]", 2, 0},
      {"338cd001-2244-31f1-aaaa-900038001003", "winreg", "[MS-RRP]", 1, 0},
      {"4b324fc8-1670-01d3-1278-5a47bf6ee188", "srvsvc", "[MS-SRVS]", 3, 0},
      {"6bffd098-a112-3610-9833-46c3f87e345a", "wkssvc", "[MS-WKST]", 1, 0},
      {"12345678-1234-abcd-ef00-0123456789ab", "spoolss", "[MS-RPRN]", 1, 0},
      {"e3514235-4b06-11d1-ab04-00c04fc2dcd2", "drsuapi", "[MS-DRSR]", 4, 0},
      {"86d35949-83c9-4044-b424-db363231fd0c", "ITaskSchedulerService", "[MS-TSCH]", 1, 0},
      {"99fcfec4-5260-101b-bbcb-00aa0021347a", "IObjectExporter", "[MS-DCOM]", 0, 0},
      {"000001a0-0000-0000-c000-000000000046", "IRemoteSCMActivator", "[MS-DCOM]", 0, 0},
      {"8fb6d884-2388-11d0-8c35-00c04fda2795", "W32Time", "[MS-W32T]", 4, 1},
      {"300f3532-38cc-11d0-a3f0-0020af6b0add", "trkwks", "[MS-DLTW]", 1, 2},
  };

  (void)state;
  for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
    struct portero_syntax asked = {.uuid = uuid_of(facts[i].uuid)};
    struct portero_catalog_entry got;
    assert_true(portero_catalog_interface(&asked, &got));
    assert_string_equal(got.name, facts[i].name);
    assert_string_equal(got.document, facts[i].document);
    assert_true(got.version_known);
    assert_int_equal(got.syntax.major, facts[i].major);
    assert_int_equal(got.syntax.minor, facts[i].minor);
    assert_true(portero_uuid_equal(&got.syntax.uuid, &asked.uuid));
  }
}

static void an_unnamed_interface_is_called_after_its_file(void **state)
{
  struct portero_syntax asked = {.uuid = uuid_of("0361ae94-0316-4c6c-8ad8-c594375800e2")};
  struct portero_catalog_entry got;

  (void)state;
  assert_true(portero_catalog_interface(&asked, &got));
  assert_string_equal(got.name, "psmsrv.dll");
  assert_string_equal(got.served_by, "psmsrv.dll");
  assert_null(got.document);
  assert_false(got.version_known);
}

static void unknown_interfaces_are_refused(void **state)
{
  static const char *const unknown[] = {
      "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
      "e1af8308-5d1f-11c9-91a4-08002b14a0fb", "e1af8309-5d1f-11c9-91a4-08002b14a0fa",
      "8a885d04-1ceb-11c9-9fe8-08002b104860", /* a transfer syntax */
  };

  (void)state;
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    struct portero_syntax asked = {.uuid = uuid_of(unknown[i])};
    struct portero_catalog_entry got = {.name = "untouched"};
    uint16_t opnum = 7;
    assert_false(portero_catalog_interface(&asked, &got));
    assert_string_equal(got.name, "untouched");
    assert_null(portero_catalog_operation(&asked.uuid, 0));
    assert_false(portero_catalog_find_operation(&asked.uuid, "ept_map", 7, &opnum));
    assert_int_equal(opnum, 7);
  }
}

static void operations_have_their_names(void **state)
{
  static const struct {
    const char *uuid;
    uint16_t opnum;
    const char *name;
  } facts[] = {
      {"e1af8308-5d1f-11c9-91a4-08002b14a0fa", 0, "ept_insert"},
      {"e1af8308-5d1f-11c9-91a4-08002b14a0fa", 3, "ept_map"},
      {"e1af8308-5d1f-11c9-91a4-08002b14a0fa", 6, "ept_mgmt_delete"},
      {"afa8bd80-7d8a-11c9-bef4-08002b102989", 0, "inq_if_ids"},
      {"afa8bd80-7d8a-11c9-bef4-08002b102989", 4, "inq_princ_name"},
      {"12345778-1234-abcd-ef00-0123456789ac", 0, "SamrConnect"},
      {"12345778-1234-abcd-ef00-0123456789ac", 64, "SamrConnect5"},
      {"12345778-1234-abcd-ef00-0123456789ab", 0, "LsarClose"},
      {"12345778-1234-abcd-ef00-0123456789ab", 44, "LsarOpenPolicy2"},
      {"12345678-1234-abcd-ef00-01234567cffb", 4, "NetrServerReqChallenge"},
      {"12345678-1234-abcd-ef00-01234567cffb", 26, "NetrServerAuthenticate3"},
      {"367abb81-9844-35f1-ad32-98f038001003", 0, "RCloseServiceHandle"},
      {"367abb81-9844-35f1-ad32-98f038001003", 12, "RCreateServiceW"},
      {"367abb81-9844-35f1-ad32-98f038001003", 15, "ROpenSCManagerW"},
      {"338cd001-2244-31f1-aaaa-900038001003", 15, "BaseRegOpenKey"},
      {"4b324fc8-1670-01d3-1278-5a47bf6ee188", 15, "NetrShareEnum"},
      {"12345678-1234-abcd-ef00-0123456789ab", 69, "RpcOpenPrinterEx"},
      {"86d35949-83c9-4044-b424-db363231fd0c", 1, "SchRpcRegisterTask"},
      {"99fcfec4-5260-101b-bbcb-00aa0021347a", 5, "ServerAlive2"},
      {"000001a0-0000-0000-c000-000000000046", 4, "RemoteCreateInstance"},
      {"9556dc99-828c-11cf-a37e-00aa003240c7", 24, "ExecMethod"},
  };

  (void)state;
  for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
    struct portero_uuid uuid = uuid_of(facts[i].uuid);
    const char *name = portero_catalog_operation(&uuid, facts[i].opnum);
    uint16_t opnum = 0xffff;
    assert_non_null(name);
    assert_string_equal(name, facts[i].name);
    assert_true(portero_catalog_find_operation(&uuid, name, strlen(name), &opnum));
    assert_int_equal(opnum, facts[i].opnum);
  }
}

static void unknown_operations_are_refused(void **state)
{
  struct portero_uuid epmapper = uuid_of("e1af8308-5d1f-11c9-91a4-08002b14a0fa");
  uint16_t opnum = 99;

  (void)state;
  assert_null(portero_catalog_operation(&epmapper, 9));
  assert_null(portero_catalog_operation(&epmapper, 0xffff));
  assert_false(portero_catalog_find_operation(&epmapper, "ept_mapp", 8, &opnum));
  assert_false(portero_catalog_find_operation(&epmapper, "ept_ma", 6, &opnum));
  assert_false(portero_catalog_find_operation(&epmapper, "", 0, &opnum));
  assert_false(portero_catalog_find_operation(&epmapper, "SamrConnect", 11, &opnum));
  assert_int_equal(opnum, 99);
  assert_true(portero_catalog_find_operation(&epmapper, "EPT_Map and more", 7, &opnum));
  assert_int_equal(opnum, 3);
}

static void names_are_found_in_any_case(void **state)
{
  struct portero_catalog_entry got;

  (void)state;
  assert_int_equal(find("srvsvc", &got, 1), 1);
  assert_string_equal(got.name, "srvsvc");
  assert_int_equal(got.syntax.major, 3);
  assert_int_equal(find("SrvSvc", &got, 1), 1);
  assert_int_equal(find("itaskschedulerservice", &got, 1), 1);
  assert_string_equal(got.name, "ITaskSchedulerService");
  assert_int_equal(portero_catalog_find("samr.SamrConnect", 4, &got, 1), 1);
  assert_string_equal(got.name, "samr");
}

static void other_names_are_found(void **state)
{
  struct portero_catalog_entry got;

  (void)state;
  assert_int_equal(find("winspool", &got, 1), 1);
  assert_string_equal(got.name, "spoolss");
  assert_int_equal(find("epm", &got, 1), 1);
  assert_string_equal(got.name, "epmapper");
  assert_int_equal(find("ISystemActivator", &got, 1), 1);
  assert_string_equal(got.name, "IRemoteSCMActivator");
}

static void ambiguous_names_are_told(void **state)
{
  struct portero_catalog_entry got[2];

  (void)state;
  /* [MS-EFSR] has two UUIDs for one interface, one for each of its pipes. */
  assert_int_equal(find("efsrpc", NULL, 0), 2);
  assert_int_equal(find("efsrpc", got, 1), 2);
  assert_int_equal(find("efsrpc", got, 2), 2);
  assert_int_equal(got[0].syntax.uuid.time_low, 0xc681d488);
  assert_int_equal(got[1].syntax.uuid.time_low, 0xdf1941c5);
}

static void unknown_names_are_refused(void **state)
{
  static const char *const unknown[] = {"", "s", "samrx", "sam", "no such name", "epmapper ", "~"};
  struct portero_catalog_entry got = {.name = "untouched"};

  (void)state;
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
    assert_int_equal(find(unknown[i], &got, 1), 0);
  assert_int_equal(portero_catalog_find("samr\0", 5, &got, 1), 0);
  assert_int_equal(portero_catalog_find("\xff\xfe", 2, &got, 1), 0);
  assert_string_equal(got.name, "untouched");
}

/* Every entry, in order, is found again by its UUID and by its name. */
static void the_whole_table_is_reachable(void **state)
{
  struct portero_catalog_entry at, got, all[32];
  char text[PORTERO_UUID_TEXT_SIZE], last[PORTERO_UUID_TEXT_SIZE] = "";
  size_t operations = 0;

  (void)state;
  assert_true(portero_catalog_count() > 700);
  for (size_t i = 0; i < portero_catalog_count(); i++) {
    size_t n, seen = 0;
    assert_true(portero_catalog_at(i, &at));
    assert_true(strcmp(portero_uuid_text(&at.syntax.uuid, text), last) > 0);
    memcpy(last, text, sizeof last);
    assert_true(portero_catalog_interface(&at.syntax, &got));
    assert_ptr_equal(got.name, at.name);
    n = find(at.name, all, 32);
    assert_in_range(n, 1, 32);
    for (size_t j = 0; j < n; j++)
      seen += portero_uuid_equal(&all[j].syntax.uuid, &at.syntax.uuid) ? 1 : 0;
    assert_int_equal(seen, 1);
    operations += at.n_operations;
  }
  assert_true(operations > 8000);
  assert_false(portero_catalog_at(portero_catalog_count(), &at));
  assert_false(portero_catalog_at((size_t)-1, &at));
}

/* As many names as n_operations says, none empty, none given twice. */
static void operations_are_complete(void **state)
{
  struct portero_catalog_entry at;

  (void)state;
  for (size_t i = 0; i < portero_catalog_count(); i++) {
    size_t found = 0;
    assert_true(portero_catalog_at(i, &at));
    for (uint32_t opnum = 0; opnum < 1024; opnum++) {
      const char *name = portero_catalog_operation(&at.syntax.uuid, (uint16_t)opnum);
      if (!name)
        continue;
      assert_true(isalpha((unsigned char)name[0]) || name[0] == '_');
      found++;
    }
    assert_int_equal(found, at.n_operations);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(interfaces_have_their_names),
      cmocka_unit_test(an_unnamed_interface_is_called_after_its_file),
      cmocka_unit_test(unknown_interfaces_are_refused),
      cmocka_unit_test(operations_have_their_names),
      cmocka_unit_test(unknown_operations_are_refused),
      cmocka_unit_test(names_are_found_in_any_case),
      cmocka_unit_test(other_names_are_found),
      cmocka_unit_test(ambiguous_names_are_told),
      cmocka_unit_test(unknown_names_are_refused),
      cmocka_unit_test(the_whole_table_is_reachable),
      cmocka_unit_test(operations_are_complete),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
