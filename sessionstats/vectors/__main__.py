"""Write the vectors as the kernel answers them now: ``python -m sessionstats.vectors > FILE``."""

import sys

from sessionstats.vectors import as_line, generate

sys.stdout.writelines([as_line(vector) for vector in generate()])
