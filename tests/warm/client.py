"""Stands for one process: asks the server for a child, hands signals on, and ends as the child ended.

    python client.py SOCKET PYTHON -m MODULE …

Uses the standard library alone, so that it starts in no time. When it is killed, the server kills the child.
"""

import json
import os
import signal
import socket
import sys


def main() -> None:
    address, python, *words = sys.argv[1:]
    known = words[2:] if words[:1] == ["-W"] else words
    if known[:1] not in (["-m"], ["-c"]):
        os.execv(python, [python, *words])
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    link.connect(address)
    asked = {"words": words, "folder": os.getcwd(), "variables": dict(os.environ)}
    socket.send_fds(link, [json.dumps(asked).encode()], [0, 1, 2])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: link.send(bytes([number])))
    code = int(link.recv(16).decode() or "1")
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


main()
