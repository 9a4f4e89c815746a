// SPDX-License-Identifier: BSD-2-Clause
/* gen - writes a capture of gen.h to standard output.
 *
 *   gen mixed|bulk|scan|uniform|flood|collide|fragments|datagrams PACKETS >FILE
 */
#include <stdlib.h>

#include "gen.h"

int main(int argc, char **argv)
{
	static struct gen g;

	if (argc == 3 && gen_capture(&g, stdout, argv[1], strtoull(argv[2], NULL, 10)))
		return 0;
	fprintf(stderr,
		"usage: gen mixed|bulk|scan|uniform|flood|collide|fragments|datagrams PACKETS "
		">FILE\n");
	return 2;
}
