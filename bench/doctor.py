#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""doorward explain: whether its confidences are to be believed, and what a HAR of 100 MB costs it.

A confidence is calibrated if of the causes it calls 90 % sure, nine in ten are right. For each word
the first causes of the corpus are counted: how many there are, how sure they were on average, how many
were right.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "corpus"))
import judge  # noqa: E402

BANDS = [("certain", 97), ("very likely", 90), ("likely", 75), ("possible", 50), ("a guess", 0)]
HAR_BYTES, HAR_SECONDS, HAR_MEMORY = 100 << 20, 3, 64 << 20


def verdict(name, good, text):
    print(f"  {'holds' if good else 'FAILS'}  {name}: {text}")
    return good


def calibration(program):
    cases = judge.judged(program)
    print(f"doorward explain over {len(cases)} captures\n")
    print(f"  {'confidence':<12} {'cases':>6} {'said':>7} {'right':>7}")
    rest = [case for case in cases if case.causes]
    for word, least in BANDS:
        band = [case for case in rest if case.first()[1] >= least]
        rest = [case for case in rest if case.first()[1] < least]
        if band:
            said = sum(case.first()[1] for case in band) / len(band)
            right = 100 * sum(map(judge.Case.is_right, band)) / len(band)
            print(f"  {word:<12} {len(band):>6} {said:>6.1f}% {right:>6.1f}%")
    first, near = (100 * sum(map(right, cases)) / len(cases) for right in (judge.Case.is_right, judge.Case.is_near))
    rash = sum(map(judge.Case.is_rash, cases))
    print()
    return [
        verdict("first cause right", first >= 95, f"{first:.1f} %, at least 95 %"),
        verdict("among the first three", near >= 99, f"{near:.1f} %, at least 99 %"),
        verdict("very sure and wrong", rash == 0, f"{rash} of {len(cases)}"),
    ]


def entry(n, status):
    fields = [
        {"name": name, "value": value}
        for name, value in (
            ("Accept", "*/*"),
            ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"),
            ("Authorization", "Bearer undefined"),
        )
    ]
    answer = [
        {"name": "Content-Type", "value": "application/json"},
        {"name": "Date", "value": "Sat, 21 Nov 2026 10:00:00 GMT"},
    ]
    if status == 401:
        answer.append({"name": "WWW-Authenticate", "value": 'Bearer realm="api", error="invalid_token"'})
    text = json.dumps({"rows": [{"id": n, "note": "é \" \\ " + "x" * 2000}] * 24})
    return {
        "startedDateTime": "2026-11-21T10:00:00.000Z",
        "time": 12,
        "request": {
            "method": "GET",
            "url": f"https://api.example.com/pages/{n}",
            "httpVersion": "HTTP/1.1",
            "headers": fields,
            "queryString": [],
            "cookies": [],
            "headersSize": -1,
            "bodySize": 0,
        },
        "response": {
            "status": status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "headers": answer,
            "cookies": [],
            "content": {"size": len(text), "mimeType": "application/json", "text": text},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(text),
        },
        "cache": {},
        "timings": {"send": 0, "wait": 12, "receive": 0},
    }


def write_har(path):
    """Of that size, with one 401 at its end."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            '{"log":{"version":"1.2","creator":{"name":"WebInspector","version":"537.36"},"pages":[],"entries":['
        )
        n = 0
        while file.tell() < HAR_BYTES:
            file.write(json.dumps(entry(n, 200), ensure_ascii=False) + ",")
            n += 1
        file.write(json.dumps(entry(n, 401)) + "]}}")


def large(program, runs):
    seconds, memory = [], 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large.har")
        write_har(path)
        size = os.path.getsize(path)
        for _ in range(runs):
            began = time.monotonic()
            reader, writer = os.pipe()
            process = subprocess.Popen([program, "explain", "--json", path], stdout=writer, stdin=subprocess.DEVNULL)
            os.close(writer)
            with os.fdopen(reader, "rb") as pipe:
                text = pipe.read()
            _, _, used = os.wait4(process.pid, 0)
            seconds.append(time.monotonic() - began)
            memory = max(memory, used.ru_maxrss * 1024)
    causes = [cause["id"] for cause in json.loads(text)["causes"]]
    took = min(seconds)
    print(f"\na HAR of {size / 1e6:.0f} MB, one 401 at its end: best of {runs}\n")
    return [
        verdict("its cause", causes[:1] == ["header.placeholder"], ", ".join(causes)),
        verdict("time", took < HAR_SECONDS, f"{took:.2f} s ({size / took / 1e6:.0f} MB/s), below {HAR_SECONDS} s"),
        verdict("memory", memory < HAR_MEMORY, f"{memory / 2**20:.1f} MiB at most, below {HAR_MEMORY >> 20} MiB"),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--quick", action="store_true", help="one run of the large HAR")
    options = parser.parse_args()
    program = os.path.join(options.build, "doorward")
    held = calibration(program) + large(program, 1 if options.quick else 3)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
