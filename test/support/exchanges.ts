import { once } from 'node:events';
import { execa } from 'execa';
import { SMTPServer } from 'smtp-server';
import { labPlace } from '../../src/lib/lab/lab.js';
import { newKey, selfSign } from '../../src/lib/tls/certificate.js';
import type { TestLab } from './lab.js';

/** How a mail exchange of a test differs from one that is as it should be. */
export interface Odd {
  /** The name that it greets with; default: that of its host. */
  readonly name?: string;
  readonly withoutTls?: boolean;
  /** What it says to every recipient, as `550 5.1.1 nobody`. */
  readonly refuses?: string;
}

/**
 * Mail servers on port 25 of the sending IPs, for a lab in which VPS2 is not up: the addresses are on this machine's side of the lab's
 * bridge, and go with it.
 */
export class Exchanges {
  readonly #servers = new Map<number, SMTPServer>();

  private constructor(
    private readonly lab: TestLab,
    private readonly certificate: { readonly key: string; readonly cert: string },
  ) {}

  /** Opens those of the first `count` sending IPs. */
  static async open(lab: TestLab, count: number): Promise<Exchanges> {
    const key = await newKey();
    const cert = await selfSign(key, { commonName: 'mail1.lab.example', altNames: ['mail1.lab.example'] }, new Date());
    const exchanges = new Exchanges(lab, { key, cert });
    for (let index = 1; index <= count; index++) {
      const address = `${lab.sendingIp(index)}/32`;
      await execa('ip', ['addr', 'replace', address, 'dev', labPlace(lab.name).bridge]);
      await exchanges.put(index);
    }
    return exchanges;
  }

  /** Has the exchange of one sending IP answer so from now on. */
  async put(index: number, { name, withoutTls = false, refuses }: Odd = {}): Promise<void> {
    await this.close(index);
    const server = new SMTPServer({
      name: name ?? `mail${index}.lab.example`,
      ...this.certificate,
      authOptional: true,
      disabledCommands: ['AUTH', ...(withoutTls ? ['STARTTLS'] : [])],
      disableReverseLookup: true,
      onRcptTo: (_address, _session, answer) => {
        if (refuses === undefined) return answer();
        answer(Object.assign(new Error(refuses.slice(4)), { responseCode: Number(refuses.slice(0, 3)) }));
      },
    });
    server.on('error', () => undefined); // a client that goes away is no failure of the test
    await once(server.listen(25, this.lab.sendingIp(index)), 'listening');
    this.#servers.set(index, server);
  }

  /** Closes the port of one, or of all. */
  async close(...indexes: readonly number[]): Promise<void> {
    for (const index of indexes.length === 0 ? [...this.#servers.keys()] : indexes) {
      const server = this.#servers.get(index);
      this.#servers.delete(index);
      if (server) await new Promise<void>((done) => server.close(done));
    }
  }
}
