"""Signatures: which key, over what, and that two verifiers, python3-dkim's and openssl's, accept them."""

import base64
import os
import re
import subprocess
import tempfile
import unittest

import dkim

from delivery_case import DeliveryCase
from support import private_key, write_key

BODY = (
    'From: "Contact" <contact@Mail1.example.com>\r\nTo: x@c.example\r\nSubject: a  folded\r\n subject\r\nDate: Tue, 24 Nov 2026 07:00:00 +0000\r\n'
    'List-Unsubscribe: <https://example.com/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nX-Other: y\r\nBcc: z@c.example\r\n\r\n'
    'text  \r\nwith a bare\nline feed\r\n\r\n\r\n'
)
DOMAIN = '<domain *>\nsmtp-hosts [127.0.0.50]:{sink}\ndkim-sign yes\n'
GLOBAL_KEYS = 'domain-key glob,example.com,{dir}/one.pem\ndomain-key any,*,{dir}/two.pem\n'
SIGNER = '<virtual-mta signer>\nsmtp-source-host 127.0.0.103 signer.example.com\ndomain-key mail,mail1.example.com,{dir}/one.pem\n</virtual-mta>\n'


def public_der(pem):
    return subprocess.run(['openssl', 'pkey', '-pubout', '-outform', 'DER'], input=pem, check=True, capture_output=True).stdout


def record(number):
    return b'v=DKIM1; k=rsa; p=' + base64.b64encode(public_der(private_key('RSA', number)))


def tags(header):
    return dict(part.strip().split('=', 1) for part in re.sub(r'\s+', '', header.partition(':')[2]).split(';') if '=' in part)


def openssl_accepts(content, number):
    """Verifies the first signature by RFC 6376 in other words than those that made it: relaxed/relaxed only."""
    head, _, body = content.partition(b'\r\n\r\n')
    fields = re.findall(rb'([^:\r\n]+):((?:[^\r\n]|\r\n[ \t])*)(?:\r\n|$)', head)
    said = tags('x:' + fields[0][1].decode())
    lines = [re.sub(rb'[ \t]+', b' ', line).rstrip(b' ') for line in body.split(b'\r\n')]
    while lines and not lines[-1]:
        lines.pop()
    canonical = b''.join(line + b'\r\n' for line in lines)
    digest = subprocess.run(['openssl', 'dgst', '-sha256', '-binary'], input=canonical, check=True, capture_output=True).stdout
    if base64.b64encode(digest).decode() != said['bh']:
        return False
    left, signed = fields[1:], b''
    for name in said['h'].split(':'):
        index = max((place for place, one in enumerate(left) if one[0].decode().lower() == name), default=None)
        if index is not None:
            signed += relaxed(*left.pop(index)) + b'\r\n'
    signed += re.sub(rb'\bb=[^;]*', b'b=', relaxed(*fields[0]))
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (('key', public_der(private_key('RSA', number))), ('sig', base64.b64decode(said['b']))):
            with open(os.path.join(folder, name), 'wb') as handle:
                handle.write(data)
        run = subprocess.run(['openssl', 'dgst', '-sha256', '-verify', os.path.join(folder, 'key'), '-keyform', 'DER', '-signature',
                              os.path.join(folder, 'sig')], input=signed, capture_output=True, check=False)
    return run.returncode == 0


def relaxed(name, body):
    return name.strip().lower() + b':' + re.sub(rb'[ \t]+', b' ', body.replace(b'\r\n', b'')).strip(b' ')


class Signs(DeliveryCase):
    rules = DOMAIN + '</domain>\n' + SIGNER + GLOBAL_KEYS

    def before_start(self):
        write_key(os.path.join(self.dir, 'one.pem'), 'RSA', 1)
        write_key(os.path.join(self.dir, 'two.pem'), 'RSA', 2)

    async def sent(self, body=BODY, vmta='signer'):
        """(the message that arrived, its DKIM-Signature fields)"""
        before = len(self.sink.messages)
        await self.send('x@c.example', body=body, vmta=vmta)
        await self.until(lambda: len(self.sink.messages) > before)
        content = self.sink.messages[-1].content
        return content, re.findall(r'DKIM-Signature:(?:[^\r\n]|\r\n[ \t])*', content.decode('latin-1'))

    async def chosen(self, sender, **how):
        _, found = await self.sent(BODY.replace('contact@Mail1.example.com', sender), **how)
        return [(tags(one)['s'], tags(one)['d'], tags(one)['i']) for one in found]

    async def test_two_verifiers_accept_it(self):
        content, (header,) = await self.sent()
        said = tags(header)
        self.assertEqual({name: said[name] for name in ('v', 'a', 'c', 'd', 's', 'i')},
                         {'v': '1', 'a': 'rsa-sha256', 'c': 'relaxed/relaxed', 'd': 'mail1.example.com', 's': 'mail', 'i': 'contact@mail1.example.com'})
        self.assertTrue(dkim.verify(content, dnsfunc=lambda name, timeout: record(1) if name == b'mail._domainkey.mail1.example.com.' else b''))
        self.assertTrue(openssl_accepts(content, 1))
        self.assertFalse(openssl_accepts(content, 2))
        self.assertFalse(openssl_accepts(content.replace(b'One-Click', b'Two-Click'), 1))
        self.assertFalse(openssl_accepts(content.replace(b'bare', b'bear'), 1))

    async def test_what_is_signed_and_what_never_is(self):
        _, (header,) = await self.sent()
        self.assertEqual(sorted(tags(header)['h'].split(':')),
                         ['date', 'from', 'list-unsubscribe', 'list-unsubscribe-post', 'subject', 'to'])
        self.assertFalse({'t', 'x', 'l'} & set(tags(header)))

    async def test_more_headers_times_and_canonicalisation_on_request(self):
        extra = 'dkim-headers x-other,/^bc/\ndkim-add-timestamp yes\ndkim-expire-after 1d\ndkim-headers-canon simple\ndkim-disallow-adding-headers from\n'
        await self.reload(DOMAIN + extra + '</domain>\n' + SIGNER)
        content, (header,) = await self.sent()
        said = tags(header)
        self.assertEqual((said['c'], 'x-other' in said['h'], 'bcc' in said['h'], said['h'].split(':').count('from')), ('simple/relaxed', True, False, 2))
        self.assertAlmostEqual(int(said['x']) - int(said['t']), 86400, delta=2)
        self.assertTrue(dkim.verify(content, dnsfunc=lambda *_, **__: record(1)))

    async def test_the_virtual_mtas_key_first_then_the_global_ones_then_any(self):
        self.assertEqual(await self.chosen('a@mail1.example.com'), [('mail', 'mail1.example.com', 'a@mail1.example.com')])
        self.assertEqual(await self.chosen('a@sub.mail1.example.com'), [('mail', 'mail1.example.com', 'a@sub.mail1.example.com')])
        self.assertEqual(await self.chosen('a@mail2.example.com'), [('glob', 'example.com', 'a@mail2.example.com')])
        self.assertEqual(await self.chosen('a@notexample.com'), [('any', 'notexample.com', 'a@notexample.com')])
        self.assertEqual(await self.chosen('a@mail1.example.com', vmta='vmta-mail2'), [('glob', 'example.com', 'a@mail1.example.com')])

    async def test_a_wildcard_that_comes_first_shadows_the_rest(self):
        await self.reload(DOMAIN + '</domain>\n' + 'domain-key any,*,{dir}/two.pem\ndomain-key glob,example.com,{dir}/one.pem\n')
        self.assertEqual(await self.chosen('a@example.com', vmta='vmta-mail1'), [('any', 'example.com', 'a@example.com')])

    async def test_without_a_key_that_matches_it_leaves_unsigned(self):
        await self.reload(DOMAIN + '</domain>\n' + SIGNER)
        self.assertEqual(await self.chosen('a@other.example'), [])
        self.assertEqual(await self.chosen('a@amail1.example.com'), [])
        self.assertEqual(len(self.rows('d')), 2)

    async def test_without_dkim_sign_it_leaves_unsigned(self):
        await self.reload(DOMAIN.replace('dkim-sign yes\n', '') + '</domain>\n' + SIGNER)
        self.assertEqual((await self.sent())[1], [])

    async def test_sender_comes_before_from(self):
        body = 'Sender: s@mail1.example.com\r\n' + BODY.replace('contact@Mail1.example.com', 'a@other.example')
        _, (header,) = await self.sent(body)
        self.assertEqual(tags(header)['i'], 's@mail1.example.com')
        await self.reload(DOMAIN + 'dkim-identity strict-from\n</domain>\n' + SIGNER + GLOBAL_KEYS)
        _, (header,) = await self.sent(body)
        self.assertEqual(tags(header)['d'], 'other.example')

    async def test_a_fallback_and_a_second_signature(self):
        await self.reload(DOMAIN + 'dkim-identity-fallback @mail1.example.com\nsecond-dkim-sign yes\nsecond-dkim-identity strict-from\n</domain>\n'
                          + SIGNER)
        self.assertEqual(await self.chosen('a@other.example'), [('mail', 'mail1.example.com', '@mail1.example.com')])
        content, found = await self.sent()
        self.assertEqual(len(found), 2)
        verifier = dkim.DKIM(content)
        self.assertTrue(all(verifier.verify(idx=index, dnsfunc=lambda *_, **__: record(1)) for index in (0, 1)))

    async def test_pkcs1_keys_serve_too(self):
        old = subprocess.run(['openssl', 'rsa', '-traditional'], input=private_key('RSA', 1), check=True, capture_output=True).stdout
        self.assertIn(b'BEGIN RSA PRIVATE KEY', old)
        with open(os.path.join(self.dir, 'one.pem'), 'wb') as handle:
            handle.write(old)
        await self.server.reload()
        self.assertTrue(openssl_accepts((await self.sent())[0], 1))


if __name__ == '__main__':
    unittest.main()
