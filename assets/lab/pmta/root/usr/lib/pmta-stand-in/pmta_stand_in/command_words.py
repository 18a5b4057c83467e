"""The commands of `pmta` by their words; what each does is in commands.py, on the server's side."""

# command: least and most arguments. `test config` is answered without the server; what has no handler says so.
COMMANDS = {
    'reload': (0, 0),
    'show status': (0, 0),
    'show version': (0, 0),
    'show license': (0, 0),
    'show queues': (0, 1),
    'show topqueues': (0, 0),
    'show domains': (0, 0),
    'show topdomains': (0, 0),
    'show jobs': (0, 0),
    'show vmtas': (0, 0),
    'show vmta-settings': (1, 1),
    'show settings': (1, 1),
    'show registration': (0, 0),
    'show disabled sources': (0, 0),
    'pause queue': (1, 1),
    'resume queue': (1, 1),
    'delete': (0, 0),
    'rotate acct': (0, 1),
    'rotate log': (0, 0),
    'reset counters': (0, 0),
    'test config': (0, 0),
    'show precache': (0, 0),
    'schedule': (1, 1),
    'set queue': (1, 1),
    'set priority': (1, 9),
    'pause job': (1, 1),
    'resume job': (1, 1),
    'disable source': (2, 2),
    'enable source': (2, 2),
    'clear dnscache': (1, 1),
    'clear secretscache': (0, 0),
    'check spf': (2, 3),
    'resolve': (1, 1),
    'reset status': (0, 0),
    'register': (0, 9),
    'deregister': (0, 9),
    'list': (0, 9),
    'trace': (0, 9),
    'digest': (0, 9),
}


def find(words):
    """(command, arguments) of what was typed; a unique abbreviation of each word will do. None where it is no command."""
    exact = [name for name in COMMANDS if words[: len(name.split())] == name.split()]
    if exact:
        name = max(exact, key=len)
        return name, words[len(name.split()) :]
    matching = [name for name in COMMANDS if _abbreviates(words, name.split())]
    longest = max((len(name.split()) for name in matching), default=0)
    matching = [name for name in matching if len(name.split()) == longest]
    return (matching[0], words[longest:]) if len(matching) == 1 else None


def _abbreviates(words, command):
    return len(words) >= len(command) and all(full.startswith(word) for word, full in zip(words, command))
