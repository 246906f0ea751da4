"""A program that answers correctly twice, and then misbehaves as its argument says."""

import json
import os
import signal
import subprocess
import sys
import time

from sessionstats.protocol import respond

GOOD = 2
"""Answers before the misbehaviour."""


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def child(code: str) -> None:
    """Leave a process behind that has our pipes, in a group of its own or not."""
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session="--apart" in sys.argv)
    if "--tell" in sys.argv:
        with open(sys.argv[-1], "w", encoding="ascii") as file:
            file.write(str(process.pid))


def misbehave(how: str, answer: dict[str, object]) -> None:
    line = json.dumps(answer)
    if how == "kill":
        print("out of memory, it seems", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "silence":
        time.sleep(600)
    elif how == "half":
        say(line[: len(line) // 2])
        sys.exit(0)
    elif how == "unended":
        say(line)
        time.sleep(600)
    elif how == "print":
        say(f"debug: now answering\n{line}\n")
    elif how == "id":
        say(json.dumps({**answer, "id": "another"}) + "\n")
    elif how == "order":
        say(json.dumps({**answer, "id": "case-1"}) + "\n")
    elif how == "close":
        os.close(1)
        time.sleep(600)
    elif how == "exit":
        sys.exit(0)
    elif how == "huge":
        while True:
            say("x" * (1 << 20))
    elif how == "huge-line":
        say("x" * (1 << 27) + "\n")
    elif how == "deep":
        say(json.dumps({**answer, "id": answer["id"], "body": json.loads("[" * 600 + "]" * 600)}) + "\n")
    elif how == "deep-id":
        say('{"id": ' + "[" * 600 + "]" * 600 + "}\n")
    elif how == "child":
        child("import time; time.sleep(600)")
        sys.exit(0)
    elif how == "parent":
        child("import time; time.sleep(600)")
        time.sleep(600)
    elif how == "flooding-child":
        child("while True: print('x' * 1000, flush=True)")
        sys.exit(0)
    elif how == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(1)
    elif how == "twice":
        say(f"{line}\n{line}\n")
    elif how == "list":
        say("[]\n")


def main(how: str) -> None:
    if how == "deaf":
        time.sleep(600)
    for number, line in enumerate(sys.stdin):
        answer = respond(json.loads(line))
        if how == "flood":
            sys.stderr.write("noise\n" * 50_000)
        if how in ("flood", "windows") or number < GOOD:
            end = "\r\n" if how == "windows" else "\n"
            say(json.dumps(answer) + end)
        else:
            misbehave(how, answer)


if __name__ == "__main__":
    main(sys.argv[1])
