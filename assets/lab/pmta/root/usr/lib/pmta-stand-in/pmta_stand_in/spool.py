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

    def in_order(self):
        """The entries, the oldest first."""
        return sorted(self.entries.values(), key=lambda one: one['timeQueued'])

    def content(self, identity):
        with open(os.path.join(self.directory, f'{identity}.msg'), 'rb') as handle:
            return handle.read()

    def head(self, identity, most=65536):
        with open(os.path.join(self.directory, f'{identity}.msg'), 'rb') as handle:
            return handle.read(most)

    def remove(self, entry, recipients):
        """Takes these recipients out, and with the last one the message.

        Unlike put() it waits for no disk: after a power cut a recipient may be tried again, none is forgotten.
        """
        if not recipients or entry['id'] not in self.entries:
            return
        gone = set(map(id, recipients))
        entry['recipients'] = [one for one in entry['recipients'] if id(one) not in gone]
        if entry['recipients']:
            self._write(f'{entry["id"]}.json', json.dumps(entry, indent=1).encode(), sync=False)
            return
        del self.entries[entry['id']]
        os.unlink(os.path.join(self.directory, f'{entry["id"]}.json'))
        os.unlink(os.path.join(self.directory, f'{entry["id"]}.msg'))

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

    def _write(self, name, content, sync=True):
        path = os.path.join(self.directory, name)
        descriptor = os.open(path + '.tmp', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        with os.fdopen(descriptor, 'wb') as handle:
            handle.write(content)
            if sync:
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
