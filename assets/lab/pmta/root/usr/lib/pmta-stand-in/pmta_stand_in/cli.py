"""`pmta`: the operator's command."""

import grp
import os
import re
import sys

from . import command_words, control_client, rendering
from .paths import Paths

USAGE = """Usage: pmta [--dom | --xml | --json] COMMAND
  test config
  reload
  show status | version | license | vmtas | vmta-settings VMTA | settings DOMAIN[/VMTA]
       queues [DOMAIN/VMTA] | topqueues [--maxitems=N] [--errors] | domains | topdomains | jobs | registration | disabled sources
  pause | resume queue DOMAIN[/VMTA]
  schedule DOMAIN[/VMTA]
  set queue --mode={normal|backoff} DOMAIN[/VMTA]
  disable | enable source IP DOMAIN[/VMTA]
  clear dnscache DOMAIN
  delete --queue=DOMAIN/VMTA ...
  rotate acct [FILE] | rotate log
  reset counters
This is a stand-in for tests, not PowerMTA."""


def main(argv, paths=Paths()):
    if not _permitted():
        print('Error: only root and members of the group pmta may run commands.', file=sys.stderr)
        return 1
    words, formats, options = [], [], {'queue': []}
    for argument in argv:
        if argument in ('--dom', '--xml', '--json'):
            formats.append(argument)
        elif not argument.startswith('-'):
            words.append(argument)
        elif not _take_option(argument, words, options):
            return _usage(f'unknown option {argument}')
    found = command_words.find(words) if words else None
    if found is None or len(formats) > 1:
        return _usage(f'unknown command "{" ".join(words)}"' if words else 'no command')
    command, arguments = found
    least, most = command_words.COMMANDS[command]
    if not least <= len(arguments) <= most or (command == 'delete') != bool(options['queue']) or (
            command == 'set queue') != ('mode' in options):
        return _usage(f'wrong arguments for "{command}"')
    if command == 'test config':
        return _test_config(paths)
    return _ask(paths, command, arguments, options, *formats)


def _take_option(argument, words, options):
    """Whether it is an option that the command so far may have."""
    name, _, value = argument.partition('=')
    if name == '--queue' and value:
        options['queue'].append(value)
    elif argument in ('--mode=normal', '--mode=backoff'):
        options['mode'] = value
    elif words[:1] == ['show'] and re.fullmatch(r'--maxitems=[1-9]\d*', argument):
        options['maxitems'] = value
    elif words[:1] == ['show'] and argument == '--errors':
        options['errors'] = True
    else:
        return False
    return True


def _permitted():
    if os.geteuid() == 0:
        return True
    try:
        return grp.getgrnam('pmta').gr_gid in {os.getegid(), *os.getgroups()}
    except KeyError:
        return False


def _usage(reason):
    print(f'Error: {reason}\n{USAGE}', file=sys.stderr)
    return 1


def _test_config(paths):
    """Reads the files on disk; a server that runs is not asked. Whether keys exist is for the start and the reload to say."""
    from . import configuration  # the one command that needs it
    from .problem import ConfigError

    try:
        config = configuration.load(paths.etc)
    except ConfigError as error:
        print('\n'.join(str(problem) for problem in error.problems))
        print(f'Error: {len(error.problems)} error(s) in the configuration.')
        return 1
    for warning in config.warnings:
        print(warning)
    print('Configuration is valid.')
    return 0


def _ask(paths, command, arguments, options, output='--text'):
    try:
        reply = control_client.ask(paths.control, command, arguments, options)
    except control_client.NotRunning:
        print('Error: cannot connect to pmtad: it is not running.', file=sys.stderr)
        return 1
    except PermissionError:
        print('Error: no permission to talk to pmtad.', file=sys.stderr)
        return 1
    except TimeoutError:
        print('Error: pmtad does not answer.', file=sys.stderr)
        return 1
    if output == '--json':
        print(rendering.as_json(reply))
    elif output == '--xml':
        print(rendering.xml(reply))
    elif output == '--dom' and reply['ok']:
        print(rendering.dom(reply['data']))
    else:
        print(reply['text'], file=sys.stdout if reply['ok'] else sys.stderr)
    return 0 if reply['ok'] else 1
