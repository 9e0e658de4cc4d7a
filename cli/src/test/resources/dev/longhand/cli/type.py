"""Types at a chat on a pseudo-terminal: a question, Ctrl-C during the answer, then Ctrl-D. Says what it saw."""
import fcntl, os, pty, re, select, signal, struct, sys, termios, time

SECONDS_MAX = 100
pid, fd = pty.fork()
if pid == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a background run ignores it, and children inherit that
    os.environ["TERM"] = "xterm"
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))

seen = ""
deadline = time.monotonic() + SECONDS_MAX


def wait_for(pattern, what):
    """Reads until the pattern appears in what came since the last wait."""
    global seen
    while not re.search(pattern, seen):
        if time.monotonic() > deadline:
            sys.exit("waited in vain for %s; saw %r" % (what, seen[-2000:]))
        ready, _, _ = select.select([fd], [], [], 0.2)
        if ready:
            try:
                seen += os.read(fd, 4096).decode("utf-8", "replace")
            except OSError:
                sys.exit("the program ended while waiting for %s; saw %r" % (what, seen[-2000:]))
    seen = seen[re.search(pattern, seen).end():]
    print(what)


wait_for(r">>> ", "prompt")
os.write(fd, b"Tell me a very long story.\r")
wait_for(r"story\.[\s\S]*?\n[\s\S]*?[A-Za-z]{3,}[\s\S]{20,}", "answer began")
os.write(fd, b"\x03")
wait_for(r"; stopped", "answer stopped")
wait_for(r">>> ", "prompt is back")
os.write(fd, b"\x04")
end = time.monotonic() + 20
status = None
while status is None and time.monotonic() < end:
    done, raw = os.waitpid(pid, os.WNOHANG)
    if done:
        status = os.waitstatus_to_exitcode(raw)
    else:
        ready, _, _ = select.select([fd], [], [], 0.1)
        if ready:
            try:
                os.read(fd, 4096)
            except OSError:
                pass
print("exit %s" % status)
