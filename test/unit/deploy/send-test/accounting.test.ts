import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountingQuestion, accountingRecords } from '../../../../src/lib/deploy/send-test/accounting.js';

const HEAD =
  'type,timeLogged,orig,rcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,bounceCat,dlvSourceIp,vmta,header_Message-Id\r\n';
const MARK = 'ee-test-0123456789abcdef';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-acct-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** What the accounting files of a folder tell, asked as on a host. */
function told(): string[] {
  const question = accountingQuestion(MARK, 5, join(folder, 'ee-acct.csv'));
  const output = execFileSync('sh', { input: question, encoding: 'utf8' });
  return accountingRecords(output).map((record) =>
    [record.kind, record.messageId, record.recipient, record.server, record.answer, record.category].join(' | '),
  );
}

describe('what PowerMTA’s accounting tells of messages', () => {
  it('is what became of each that bears the mark, with the answer of the other server', async () => {
    await writeFile(
      join(folder, 'ee-acct.csv'),
      `${HEAD}` +
        `d,1,s@a.example,You@Mail.example,relayed,2.0.0 (success),smtp;250 2.0.0 OK,mx.mail.example (192.0.2.9),,192.0.2.1,vmta-mail1,<${MARK}.1@a.example>\r\n` +
        'd,1,s@a.example,other@mail.example,relayed,2.0.0 (success),smtp;250 OK,mx.mail.example (192.0.2.9),,192.0.2.1,vmta-mail1,<somebody-else@a.example>\r\n' +
        `b,2,s@b.example,you@mail.example,failed,5.1.1 (bad mailbox),"smtp;550 5.1.1 ""no"" such, mailbox",mx.mail.example (192.0.2.9),bad-mailbox,192.0.2.2,vmta-mail2,<${MARK}.2@b.example>\r\n` +
        `t,3,s@c.example,you@mail.example,delayed,4.7.0 (later),,mx.mail.example (192.0.2.9),,192.0.2.3,vmta-mail3,<${MARK}.3@c.example>\r\n`,
    );
    expect(told()).toEqual([
      `delivered | <${MARK}.1@a.example> | you@mail.example | mx.mail.example | 250 2.0.0 OK | `,
      `bounced | <${MARK}.2@b.example> | you@mail.example | mx.mail.example | 550 5.1.1 "no" such, mailbox | bad-mailbox`,
      `deferred | <${MARK}.3@c.example> | you@mail.example | mx.mail.example | 4.7.0 (later) | `,
    ]);
  });

  it('is discarded, not delivered, where PowerMTA threw the message away', async () => {
    const record = (id: number, dlvType: string) =>
      `d,you@mail.example,2.0.0,smtp;250 2.0.0 [internal] discarded,${dlvType},discard-mta,<${MARK}.${id}@a.example>\n`;
    await writeFile(
      join(folder, 'ee-acct.csv'),
      `type,rcpt,dsnStatus,dsnDiag,dlvType,vmta,header_Message-Id\n${record(1, 'discard')}${record(2, 'smtp')}`,
    );
    expect(told().map((line) => line.split(' | ')[0])).toEqual(['discarded', 'delivered']);
  });

  it('is found in files that were moved, and not in old ones', async () => {
    const record = (id: number) =>
      `d,1,s@a.example,you@mail.example,relayed,2.0.0,smtp;250 ${id},mx,,192.0.2.1,vmta-mail1,<${MARK}.${id}@a.example>\n`;
    await writeFile(join(folder, 'ee-acct-2026-11-27-0001.csv'), HEAD + record(1));
    await writeFile(join(folder, 'ee-acct.csv'), HEAD + record(2));
    await writeFile(join(folder, 'acct.csv'), HEAD + record(3));
    await writeFile(join(folder, 'ee-acct-old.csv'), HEAD + record(4));
    const hourAgo = new Date(Date.now() - 3_600_000);
    await utimes(join(folder, 'ee-acct-old.csv'), hourAgo, hourAgo);
    expect(told().map((line) => line.split(' | ')[4])).toEqual(expect.arrayContaining(['250 1', '250 2']));
    expect(told()).toHaveLength(2);
  });

  it('may have line breaks and what steers a terminal in it, or be half written', async () => {
    await writeFile(
      join(folder, 'ee-acct.csv'),
      `${HEAD}` +
        `b,1,s@a.example,you@mail.example,failed,5.7.1,"smtp;550 go\r\naway \u001B[31mnow",mx,spam-related,192.0.2.1,vmta-mail1,<${MARK}.1@a.example>\r\n` +
        `d,2,s@a.example,you@mail.example,relayed,2.0.0,"smtp;250 half of it <${MARK}.2@a.example>`,
    );
    expect(told()).toEqual([
      `bounced | <${MARK}.1@a.example> | you@mail.example | mx | 550 go away [31mnow | spam-related`,
    ]);
  });

  it('is nothing where there is no file', async () => {
    expect(told()).toEqual([]);
  });
});
