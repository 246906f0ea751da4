"""Loading text: what dictionary-encoding costs on the way, and what engines take to load the same."""

import pyarrow as pa
import pyarrow.compute as pc

from sessionstats import from_arrow
from sessionstats.health import STATUSES
from tests.benchmarks.data import make
from tests.benchmarks.engines import as_arrow
from tests.benchmarks.sides import ENGINES
from tests.benchmarks.timing import US, medians


def seconds(n: int, rounds: int) -> dict[str, float]:
    """Seconds of each engine to load `n` sessions with text in Arrow."""
    coded = as_arrow(make(n))
    texts = {name: coded[name].cast(pa.string()) for name in ("release", "environment")}
    users = pc.binary_join_element_wise("user", coded["user_id"].cast(pa.string()), "-")
    table = coded
    for name, column in {**texts, "user_id": users}.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)
    ours = pa.table(
        {
            "started": table["started"],
            "project_id": table["project"],
            "release": table["release"],
            "environment": table["environment"],
            "status": pa.array(STATUSES).take(table["status"]),
            "errors": table["errors"],
            "distinct_id": users,
            "duration": table["duration"],
        }
    )
    sides = {name: (lambda engine=engine: engine().load(table)) for name, engine in ENGINES.items()}
    return medians({US: lambda: from_arrow(ours), **sides}, rounds)
