"""Times nomenklatura's logic-v2 for pairs of names.

It reads JSON lines, `["one name", "another"]`, and prints one JSON array of seconds, one for each pair, in their order. All
pairs are compared once before, so that its caches of names and words are as warm as they get.
"""

import json
import sys
import time

from followthemoney import model
from nomenklatura.matching import LogicV2, ScoringConfig


def entity(key, name):
    return model.get_proxy({"id": key, "schema": "LegalEntity", "properties": {"name": [name]}})


def main():
    lines = [json.loads(line) for line in sys.stdin if line.strip()]
    pairs = [(entity(f"a{n}", one), entity(f"b{n}", other)) for n, (one, other) in enumerate(lines)]
    config = ScoringConfig.defaults()
    for one, other in pairs:
        LogicV2.compare(one, other, config)
    seconds = []
    for one, other in pairs:
        begun = time.perf_counter()
        LogicV2.compare(one, other, config)
        seconds.append(time.perf_counter() - begun)
    json.dump(seconds, sys.stdout)


if __name__ == "__main__":
    main()
