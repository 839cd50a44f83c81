"""`aws configure sso` of the AWS CLI 2 on a terminal of its own, answered as a person would at the keyboard."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

# What a terminal is told about colours, the cursor and its title.
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[()=>][A-Z0-9]?|\r")
CURSOR_ASKED, CURSOR = b"\x1b[6n", b"\x1b[1;1R"
DOWN, ENTER = "\x1b[B", "\r"
PATIENCE_S = 90


class Terminal:
    """A program on a terminal: what it shows is read until something is there, then keys are pressed."""

    def __init__(self, arguments, environment):
        self.shown, self.raw, self.read_to = "", b"", 0
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
            os.execvpe(arguments[0], arguments, environment | {"TERM": "xterm"})

    def wait_for(self, pattern):
        """The match of the pattern in what has been shown since the last one."""
        end = time.monotonic() + PATIENCE_S
        while True:
            found = re.compile(pattern).search(self.shown, self.read_to)
            if found:
                self.read_to = found.end()
                return found
            if not self.more(end):
                raise AssertionError(f"{pattern!r} was not shown: {self.shown[self.read_to:]!r}")

    def press(self, keys):
        os.write(self.terminal, keys.encode())

    def answer(self, question, text):
        # a blank at the end may be a move of the cursor
        self.wait_for(re.escape(question.rstrip()))
        self.press(text + ENTER)

    def more(self, end):
        ready, _, _ = select.select([self.terminal], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return False
        try:
            piece = os.read(self.terminal, 65536)
        except OSError:  # how Linux ends a terminal that nobody holds any more
            return False
        if CURSOR_ASKED in piece:
            os.write(self.terminal, CURSOR)
        self.raw += piece
        self.shown = ESCAPES.sub(b"", self.raw).decode(errors="ignore")
        return bool(piece)

    def close(self):
        """Its exit code. A program that does not end is ended."""
        end = time.monotonic() + PATIENCE_S
        while self.more(end):
            pass
        if time.monotonic() >= end:
            os.kill(self.child, 9)
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])


def configure(program, environment, answers, approve):
    """Answers all that is asked; `answers` says what with, `approve` takes the code to the portal. The exit code and what was shown."""
    terminal = Terminal([*program, "configure", "sso", "--no-browser"], environment)
    terminal.answer("SSO session name (Recommended): ", answers["session"])
    terminal.answer("SSO start URL [None]: ", answers["start_url"])
    terminal.answer("SSO region [None]: ", answers["region"])
    terminal.answer("SSO registration scopes [sso:account:access]: ", "")
    approve(terminal.wait_for(r"\n([A-Z2-7]{4}-[A-Z2-7]{4})\n").group(1))
    terminal.wait_for(r"There are \d+ AWS accounts available to you\.")
    terminal.wait_for(">")
    terminal.press(DOWN * answers["account_at"] + ENTER)
    terminal.wait_for(rf"Using the account ID {answers['account']}")
    terminal.wait_for(r"There are \d+ roles available to you\.")
    terminal.wait_for(">")
    terminal.press(DOWN * answers["role_at"] + ENTER)
    terminal.wait_for(rf"Using the role name \"{answers['role']}\"")
    terminal.answer("CLI default client Region [None]: ", answers["region"])
    terminal.answer("CLI default output format [None]: ", "json")
    terminal.answer(f"CLI profile name [{answers['role']}-{answers['account']}]: ", answers["profile"])
    return terminal.close(), terminal.shown
