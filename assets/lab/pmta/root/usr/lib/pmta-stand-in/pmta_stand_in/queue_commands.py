"""The commands on queues and on the addresses that they send from."""

import time
from collections import Counter

from . import units
from .answer import Reply, table
from .spool import queue_matches

SHORT_ERROR = 60
TOP = 10


def _stamp(seconds):
    return time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(seconds))


def _row(server, queue, size):
    now = time.time()
    retry = queue.opens_at()
    if retry <= now and not queue.ready and queue.delayed:
        retry = queue.delayed[0][0]
    jobs = [*queue.waiting(), *queue.in_flight]
    return {
        'name': queue.name,
        'rcp': sum(len(job.recipients) for job in jobs),
        'kb': size // 1024,
        'oldest': _stamp(min(job.entry['timeQueued'] for job in jobs)) if jobs else '',
        'mode': queue.mode,
        'modeSince': _stamp(queue.mode_since),
        'paused': 'yes' if server.is_paused(queue.name) else 'no',
        'conn': queue.connections,
        'retryTime': _stamp(retry) if retry > now and jobs else '',
        'normalTime': _stamp(queue.normal_at) if queue.normal_at < float('inf') else '',
        'lastError': queue.last_error,
        'lastErrorTime': _stamp(queue.last_error_time) if queue.last_error else '',
    }


def _rows(server, pattern='*/*'):
    """Queues that hold mail, and empty ones that are not as they always are."""
    sizes = server.spool.queues()
    shown = [_row(server, queue, sizes.get(queue.name, {}).get('bytes', 0)) for queue in server.delivery.matching(pattern)]
    return sorted((row for row in shown if row['rcp'] or row['conn'] or row['mode'] != 'normal'), key=lambda row: row['name'])


def _listing(rows):
    if not rows:
        return Reply(text='No queues.', data={'queue': []})
    header = ['queue', 'rcpt', 'KB', 'mode', 'paused', 'conn', 'next retry', 'last error']
    cells = [[row['name'], row['rcp'], row['kb'], row['mode'], row['paused'], row['conn'], row['retryTime'] or '-',
              row['lastError'][:SHORT_ERROR] or '-'] for row in rows]
    return Reply(text=table(header, cells), data={'queue': rows})


def show_queues(server, arguments, _options):
    return _listing(_rows(server, *arguments[:1]))


def show_topqueues(server, _arguments, options):
    """The fullest first; --errors adds the last event, as the product's own listing has it."""
    rows = sorted(_rows(server), key=lambda row: -row['rcp'])[: int(options.get('maxitems', TOP))]
    if options.get('errors'):
        for row in rows:
            row['event'] = [{'time': row['lastErrorTime'], 'text': row['lastError']}] if row['lastError'] else []
    return _listing(rows)


def show_domains(server, _arguments, _options):
    totals = Counter()
    for row in _rows(server):
        totals[row['name'].partition('/')[0]] += row['rcp']
    rows = [{'name': name, 'rcp': count} for name, count in sorted(totals.items())]
    text = table(['domain', 'rcpt'], [list(row.values()) for row in rows]) if rows else 'No domains.'
    return Reply(text=text, data={'domain': rows})


def show_jobs(server, _arguments, _options):
    totals = Counter(entry['jobId'] for entry in server.spool.entries.values() if entry['jobId'])
    rows = [{'id': name, 'msg': count} for name, count in sorted(totals.items())]
    text = table(['job', 'messages'], [list(row.values()) for row in rows]) if rows else 'No jobs.'
    return Reply(text=text, data={'job': rows})


def pause_queue(server, arguments, _options):
    server.paused.add(arguments[0])
    return Reply(text=f'Queue {arguments[0]} paused.')


def resume_queue(server, arguments, _options):
    if arguments[0] not in server.paused:
        return Reply(False, f'Error: queue {arguments[0]} is not paused.')
    server.paused.discard(arguments[0])
    _look_at(server, arguments[0])
    return Reply(text=f'Queue {arguments[0]} resumed.')


def _look_at(server, pattern):
    queues = server.delivery.matching(pattern)
    for queue in queues:
        server.delivery.pump_soon(queue)
    return queues


def schedule(server, arguments, _options):
    queues = server.delivery.matching(arguments[0])
    for queue in queues:
        queue.wake_all()
        server.delivery.pump_soon(queue)
    return _counted(queues, arguments[0], 'scheduled')


def set_queue(server, arguments, options):
    queues = server.delivery.matching(arguments[0])
    if not queues and '*' not in arguments[0] and '/' in arguments[0]:
        queues = [server.delivery.queue(arguments[0])]
    for queue in queues:
        if options['mode'] == 'backoff':
            server.delivery.back_off(queue, 'by an administrator')
        else:
            server.delivery.be_normal(queue, 'by an administrator')
    return _counted(queues, arguments[0], f'set to {options["mode"]} mode')


def _counted(queues, pattern, done):
    if not queues:
        return Reply(False, f'Error: no queue matches {pattern}.')
    return Reply(text=f'{len(queues)} queue(s) {done}.', data={'queue': [{'name': one.name} for one in queues]})


def delete(server, _arguments, options):
    count = sum(server.delete(pattern) for pattern in options['queue'])
    return Reply(text=f'{count} recipients deleted.', data={'deleted': {'rcp': count}})


def show_disabled_sources(server, _arguments, _options):
    rows = [{'ip': address, 'queue': queue, 'reenableTime': _stamp(until) if until < float('inf') else 'never'}
            for address, queue, until in server.delivery.sources.disabled()]
    text = table(['source', 'queue', 'until'], [list(row.values()) for row in rows]) if rows else 'No disabled sources.'
    return Reply(text=text, data={'source': rows})


def disable_source(server, arguments, _options):
    address, queue = arguments
    try:
        server.delivery.sources.disable(units.ip(address), queue)
    except ValueError as error:
        return Reply(False, f'Error: {error}.')
    return Reply(text=f'Source {address} disabled for {queue}.')


def enable_source(server, arguments, _options):
    address, pattern = arguments
    gone = [queue for one, queue, _ in server.delivery.sources.disabled()
            if one == address and (queue == pattern or queue_matches(pattern, queue))]
    for queue in gone:
        server.delivery.sources.enable(address, queue)
        _look_at(server, queue)
    return Reply(text=f'Source {address} enabled for {pattern}.') if gone else Reply(
        False, f'Error: source {address} is not disabled for {pattern}.')


def clear_dnscache(server, arguments, _options):
    known = server.delivery.resolver.forget(arguments[0])
    return Reply(text=f'{arguments[0]} forgotten.' if known else f'Nothing is known of {arguments[0]}.')


HANDLERS = {
    'show queues': show_queues,
    'show topqueues': show_topqueues,
    'show domains': show_domains,
    'show topdomains': show_domains,
    'show jobs': show_jobs,
    'pause queue': pause_queue,
    'resume queue': resume_queue,
    'schedule': schedule,
    'set queue': set_queue,
    'delete': delete,
    'show disabled sources': show_disabled_sources,
    'disable source': disable_source,
    'enable source': enable_source,
    'clear dnscache': clear_dnscache,
}
