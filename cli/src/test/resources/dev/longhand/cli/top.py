"""Runs a command at a pseudo-terminal of 80 columns, waits until it drew twice, turns a wheel, types q, and says what it saw.

With TOP_END=term it is told to end instead of q."""
import fcntl
import os
import pty
import signal
import struct
import sys
import termios

main, side = pty.openpty()
fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
before = termios.tcgetattr(side)
child = os.fork()
if child == 0:
    os.close(main)
    os.setsid()
    fcntl.ioctl(side, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(side, descriptor)
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], sys.argv[1:])

seen = b""


def read_until(done):
    global seen
    while not done():
        try:
            piece = os.read(main, 65536)
        except OSError:
            return
        if not piece:
            return
        seen += piece


read_until(lambda: seen.count(b"\033[HLonghand") >= 2)
if b"\033[?1049h" in seen:
    print("drawn in place")
drawn = seen.count(b"\033[HLonghand")
os.write(main, b"\033[A\033OB")
read_until(lambda: seen.count(b"\033[HLonghand") >= drawn + 2 or b"\033[?1049l" in seen)
if b"\033[?1049l" not in seen:
    print("wheel passed over")
if os.environ.get("TOP_END") == "term":
    os.kill(child, signal.SIGTERM)
else:
    os.write(main, b"q")
read_until(lambda: b"\033[?1049l" in seen)
_, status = os.waitpid(child, 0)
print("exit", os.waitstatus_to_exitcode(status))
if seen.rstrip().endswith(b"\033[?25h\033[?1049l"):
    print("screen given back")
if termios.tcgetattr(side)[:4] == before[:4]:
    print("settings given back")
else:
    print("settings", before[:4], termios.tcgetattr(side)[:4])
