"""What the running server answers to the commands of `pmta`. Each takes (server, arguments, options) and returns a Reply."""

import time
from collections import Counter

from . import PRODUCT, VERSION, domains, queue_commands, routing, units
from .answer import Reply, table
from .listeners import ListenError
from .loaded_files import StartError
from .model import VirtualMta
from .problem import ConfigError
from .server import usable


async def reload(server, _arguments, _options):
    try:
        await server.reload()
    except ConfigError as error:
        lines = '\n'.join(str(problem) for problem in error.problems)
        return _refused(server, lines)
    except (StartError, ListenError, OSError) as error:
        return _refused(server, str(error))
    return Reply(text='Configuration reloaded.')


def _refused(server, reason):
    server.log.error('reload refused: %s', reason.replace('\n', ' | '))
    return Reply(False, f'{reason}\nError: the configuration was not reloaded; the one in memory stays in force.')


def show_version(_server, _arguments, _options):
    return Reply(text=f'{PRODUCT} {VERSION}', data={'product': {'name': PRODUCT, 'version': VERSION}})


def show_license(server, _arguments, _options):
    shown = {name: server.licence[name] for name in ('product', 'version', 'platform', 'expires') if name in server.licence}
    return Reply(text='\n'.join(f'{name}: {value}' for name, value in shown.items()), data={'license': shown})


def _unlimited(text):
    count = units.count(text)
    return count if count < float('inf') else 'unlimited'


def show_status(server, _arguments, _options):
    traffic = server.traffic.shown()
    total = traffic['total']
    queues = server.spool.queues()
    rcp, kb = sum(one['rcpt'] for one in queues.values()), sum(one['bytes'] for one in queues.values()) // 1024
    data = {
        'mta': {
            'product': {'name': PRODUCT, 'version': VERSION},
            'lak': {'serial': server.licence.get('serial', ''), 'instances': server.licence.get('instances', '1')},
            'hostname': server.config.host_name,
        },
        'status': {
            'status': 'stopping' if server.stopping else 'running',
            'shuttingDown': str(server.stopping).lower(),
            'upTimeInSecs': int(time.time() - server.started),
            'spool': {'initPct': 100, 'files': {'total': len(server.spool.entries)}},
            'conn': {
                'smtpIn': {'cur': len(server.sessions), 'max': int(server.config.settings.get('total-max-smtp-in', 100))},
                'smtpOut': {'cur': server.delivery.connections, 'max': _unlimited(server.config.settings.get('total-max-smtp-out', '1200'))},
            },
            'traffic': traffic,
            'queue': {'smtp': {'rcp': rcp, 'dom': len(queues), 'kb': kb}},
            'listeners': [f'{address}:{port}' for address, port in server.listeners.addresses()],
        },
    }
    text = '\n'.join([
        f'{PRODUCT} {VERSION} on {server.config.host_name}: {data["status"]["status"]}',
        f'received: {total["in"]["msg"]} messages, {total["in"]["rcp"]} recipients',
        f'delivered: {total["out"]["msg"]} messages, {total["out"]["rcp"]} recipients; {traffic["lastHr"]["out"]["rcp"]} in the last hour',
        f'queued: {rcp} recipients in {len(queues)} queues, {kb} KB',
        f'SMTP out: {data["status"]["conn"]["smtpOut"]["cur"]} of {data["status"]["conn"]["smtpOut"]["max"]} connections',
        f'SMTP in: {len(server.sessions)} of {data["status"]["conn"]["smtpIn"]["max"]} connections',
        f'listening on: {", ".join(data["status"]["listeners"])}',
    ])
    return Reply(text=text, data=data)


def show_vmtas(server, _arguments, _options):
    queued = Counter()
    for name, one in server.spool.queues().items():
        queued[name.partition('/')[2]] += one['rcpt']
    rows = [
        {'name': vmta.name, 'rcp': queued[vmta.name], 'sources': len(vmta.source_hosts), 'keys': len(vmta.domain_keys)}
        for vmta in server.config.vmtas.values()
    ]
    return Reply(text=table(['virtual MTA', 'rcpt', 'sources', 'keys'], [list(row.values()) for row in rows]) if rows else
                 'No virtual MTAs.', data={'vmta': rows})


def show_vmta_settings(server, arguments, _options):
    name = arguments[0]
    vmta = server.config.vmtas.get(name) or server.config.pools.get(name)
    if name == routing.DEFAULT_VMTA:
        vmta = VirtualMta(name, domain_keys=server.config.domain_keys)
    if vmta is None:
        return Reply(False, f'Error: virtual MTA "{name}" does not exist.')
    hosts = vmta.source_hosts or server.config.source_hosts
    sources = [{'ip': network, 'host': host, 'local': 'yes' if usable(network) else 'no'} for network, host in hosts]
    keys = [{'selector': selector, 'domain': domain, 'file': file} for selector, domain, file in vmta.domain_keys]
    lines = [f'virtual-mta {vmta.name}']
    lines += [f'smtp-source-host {one["ip"]} {one["host"]}' + ('' if one['local'] == 'yes' else '  (not on this host)') for one in sources]
    lines += [f'domain-key {one["selector"]},{one["domain"]},{one["file"]}' for one in keys]
    lines += [f'virtual-mta {member}' for member in getattr(vmta, 'members', [])]
    lines += [f'{name} {value}' for name, value in sorted(vmta.settings.items())]
    data = {'name': vmta.name, 'smtpSourceHost': sources, 'domainKey': keys, 'settings': vmta.settings}
    return Reply(text='\n'.join(lines), data={'vmta': data})


def show_settings(server, arguments, _options):
    domain, _, vmta = arguments[0].partition('/')
    if vmta and vmta not in server.config.vmtas and vmta not in server.config.pools and vmta != routing.DEFAULT_VMTA:
        return Reply(False, f'Error: virtual MTA "{vmta}" does not exist.')
    pool = vmta if vmta in server.config.pools else None
    settings = domains.effective(server.config, domain, None if pool else vmta, pool)
    if settings.get('auth-password'):
        settings['auth-password'] = '***'
    lines = [f'{name} {value}'.rstrip() if value else f'{name} ""' for name, value in sorted(settings.items())]
    return Reply(text='\n'.join(lines), data={'settings': dict(sorted(settings.items()))})


def show_registration(_server, _arguments, _options):
    return Reply(text='Not registered.', data={'registration': {'status': 'none'}})


def rotate_acct(server, arguments, _options):
    names = server.records.rotate(*arguments[:1])
    return Reply(text='\n'.join(f'Rotated to {name}.' for name in names) or 'Nothing to rotate.', data={'file': names})


def rotate_log(server, _arguments, _options):
    server.rotate_log()
    return Reply(text='Log rotated.')


def reset_counters(server, _arguments, _options):
    server.traffic.reset()
    return Reply(text='Counters reset.')


HANDLERS = {
    **queue_commands.HANDLERS,
    'reload': reload,
    'show status': show_status,
    'show version': show_version,
    'show license': show_license,
    'show vmtas': show_vmtas,
    'show vmta-settings': show_vmta_settings,
    'show settings': show_settings,
    'show registration': show_registration,
    'rotate acct': rotate_acct,
    'rotate log': rotate_log,
    'reset counters': reset_counters,
}
