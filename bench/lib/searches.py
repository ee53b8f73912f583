# SPDX-License-Identifier: Apache-2.0
"""What people might search for in the data of bench/generate."""

import random

WORDS = ("query search index write cache token secret deploy cluster metric "
         "calendar weather audio kubernetes gateway browser archive restore "
         "vector schema").split()


def search_texts():
    """200 texts: words, parts of them, two words, numbers, letters, absent."""
    rng = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-./_ q"
    texts = list(WORDS)
    texts += [rng.choice(letters).strip() or "z" for _ in range(20)]
    texts += ["".join(rng.sample(letters, 2)).replace(" ", "-")
              for _ in range(50)]
    texts += [w[i:i + 4] for w in WORDS for i in (0, 2)]
    texts += [f"{rng.choice(WORDS)} {rng.choice(WORDS)}" for _ in range(25)]
    texts += [str(rng.randrange(31309)) for _ in range(15)]
    texts += ["zzz", "qq", "\u00e9", "\u65e5", "\u65e5\u672c",
              "\u65e5\u672c\u8a9e", "%", "_", "\\", '"', "xyzzy", "io.github",
              "io.github.build0/queue-0", "absent text", "github.query",
              "er se", "e s", " a", "a ", "ss/", "the", "server", "io.", "hub",
              "ing", "GRAPH", "Vector Merge", "-31308", "/map-", "weather r"]
    return texts[:200]


def quote(text):
    """For a URI."""
    return "".join(f"%{b:02X}" for b in text.encode())
