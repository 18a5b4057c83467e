"""Accepted messages on disk: ID.msg is the message, ID.json who it is for. The .json is written last: it is the commit."""

import fnmatch
import json
import os
import secrets
import time


class Spool:
    def __init__(self, directory):
        self.directory = directory
        self.entries = {}

    def open(self):
        """Reads what is there; a message without its .json was never accepted, so it goes."""
        os.makedirs(self.directory, mode=0o750, exist_ok=True)
        self.entries = {}
        for name in sorted(os.listdir(self.directory)):
            path = os.path.join(self.directory, name)
            if name.endswith('.json'):
                with open(path, encoding='utf-8') as handle:
                    self.entries[name[:-5]] = json.load(handle)
            elif name.endswith('.tmp') or (name.endswith('.msg') and not os.path.exists(path[:-4] + '.json')):
                os.unlink(path)

    def put(self, content, metadata):
        """On return the message survives a power cut. `metadata['recipients']` is [{address, queue}]."""
        identity = f'{int(time.time() * 1000):013x}{secrets.token_hex(4)}'
        entry = {'id': identity, **metadata}
        self._write(f'{identity}.msg', content)
        self._write(f'{identity}.json', json.dumps(entry, indent=1).encode())
        self._sync_directory()
        self.entries[identity] = entry
        return identity

    def queues(self):
        """{queue: {rcpt, kb, oldest}}; kb counts a message once in each of its queues."""
        queues = {}
        for entry in self.entries.values():
            for name in sorted({one['queue'] for one in entry['recipients']}):
                queue = queues.setdefault(name, {'rcpt': 0, 'bytes': 0, 'oldest': entry['timeQueued']})
                queue['rcpt'] += sum(one['queue'] == name for one in entry['recipients'])
                queue['bytes'] += entry['size']
                queue['oldest'] = min(queue['oldest'], entry['timeQueued'])
        return queues

    def delete(self, pattern):
        """Takes every recipient out whose queue matches; yields (entry, recipient) of each."""
        removed = []
        for identity, entry in list(self.entries.items()):
            gone = [one for one in entry['recipients'] if queue_matches(pattern, one['queue'])]
            if not gone:
                continue
            removed += [(entry, one) for one in gone]
            left = [one for one in entry['recipients'] if one not in gone]
            if left:
                entry['recipients'] = left
                self._write(f'{identity}.json', json.dumps(entry, indent=1).encode())
            else:
                del self.entries[identity]
                os.unlink(os.path.join(self.directory, f'{identity}.json'))
                os.unlink(os.path.join(self.directory, f'{identity}.msg'))
        self._sync_directory()
        return removed

    def _write(self, name, content):
        path = os.path.join(self.directory, name)
        descriptor = os.open(path + '.tmp', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        with os.fdopen(descriptor, 'wb') as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(path + '.tmp', path)

    def _sync_directory(self):
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def queue_matches(pattern, queue):
    """`D/V` against a queue's name; `*` is a wildcard in either part, and D alone means D of every virtual MTA."""
    domain, _, vmta = pattern.partition('/')
    queue_domain, _, queue_vmta = queue.partition('/')
    return _like(queue_domain.lower(), domain.lower()) and _like(queue_vmta, vmta or '*')


def _like(text, pattern):
    return fnmatch.fnmatchcase(text, pattern.replace('[', '[[]'))
