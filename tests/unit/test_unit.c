/* SPDX-License-Identifier: Apache-2.0 */
/* Units by the lines of /proc/PID/cgroup: those of the system's manager, and nobody's own. */
#include "src/mapper/unit.h"
#include "tests/unit/support.h"

#define UNIT_SIZE 32u

static void check(const char *line, const char *expected)
{
  char unit[UNIT_SIZE] = "untouched";

  assert_int_equal(unit_of_line(line, unit, sizeof unit), expected != NULL);
  assert_string_equal(unit, expected ? expected : "untouched");
}

static void system_units(void **state)
{
  (void)state;
  check("0::/system.slice/smbd.service\n", "smbd.service");
  check("0::/system.slice/smbd.service", "smbd.service");
  check("1:name=systemd:/system.slice/smbd.service\n", "smbd.service");
  check("0::/system.slice/system-print.slice/print@1.service\n", "print@1.service");
  check("0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope");
  check("0::/init.scope\n", "init.scope");
  check("0::/smbd.service\n", "smbd.service");
  check("0::/system.slice/_cpu.service\n", "cpu.service");
}

/* What a unit has below it, and what an account's own manager has, are theirs to name. */
static void units_inside_units(void **state)
{
  (void)state;
  check("0::/system.slice/docker.service/smbd.service\n", "docker.service");
  check("0::/user.slice/user-1000.slice/user@1000.service/app.slice/smbd.service\n",
        "user@1000.service");
  check("0::/user.slice/user-1000.slice/user@1000.service/system.slice/smbd.service\n",
        "user@1000.service");
}

static void no_units(void **state)
{
  (void)state;
  check("", NULL);
  check("0::/\n", NULL);
  check("0::", NULL);
  check("0:/system.slice/smbd.service", NULL);
  check("/system.slice/smbd.service", NULL);
  check("0::/system.slice\n", NULL);
  check("0::/system.slice/\n", NULL);
  check("0::/machine/a/smbd.service\n", NULL);
  check("4:memory:/system.slice/smbd.service\n", NULL);
  check("0::/system.slice/.service\n", NULL);
  check("0::/system.slice/smbd.service.d\n", NULL);
  check("0::/system.slice/a-name-that-has-no-room-here.service\n", NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(system_units),
      cmocka_unit_test(units_inside_units),
      cmocka_unit_test(no_units),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
