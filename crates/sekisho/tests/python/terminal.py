"""Runs a program on a terminal of its own and answers its question.

    terminal.py COLUMNS ANSWER PROGRAM ARGUMENT…

ANSWER is typed once the program asks to type `yes`. Prints JSON: the exit code and everything the terminal received.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

columns, answer, arguments = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
deadline = time.monotonic() + 120

child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    os.execvp(arguments[0], arguments)

received = b""
asked = False
while True:
    ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
    if not ready:
        os.kill(child, 9)
        break
    try:
        piece = os.read(terminal, 65536)
    except OSError:  # Linux ends a terminal nobody holds any more this way.
        break
    if not piece:
        break
    received += piece
    if not asked and b"to go on: " in received:
        asked = True
        os.write(terminal, answer.encode() + b"\n")

_, status = os.waitpid(child, 0)
json.dump({"code": os.waitstatus_to_exitcode(status), "asked": asked, "text": received.decode(errors="replace")}, sys.stdout)
