import { EeError } from '../../errors.js';
import type { Host } from '../../ssh/host.js';
import type { Settings } from '../../settings/settings.js';
import { storedCertificate } from '../../tls/self-signed.js';
import { asSocket } from './local-socket.js';

/** A message to hand over, and to whom. */
export interface Outgoing {
  readonly from: string;
  /** The address in its To. */
  readonly to: string;
  /** All recipients of the transaction. */
  readonly recipients: readonly string[];
  /** With its angle brackets. */
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
}

/** PowerMTA does not take a message; the sentence says what it answered. */
export class NotTaken extends Error {
  override readonly name = 'NotTaken';
}

/** PowerMTA's submission on VPS2, as MailWizz uses it: with the password of the settings, over TLS, under the relay's certificate. */
export class Relay {
  private constructor(
    private readonly host: Host,
    private readonly settings: Settings,
    private readonly certificate: string,
  ) {}

  /** Throws RELAY_CERTIFICATE_MISSING where no deployment made the relay's certificate. */
  static async of(host: Host, settings: Settings): Promise<Relay> {
    const certificate = await storedCertificate(settings.secretsDir, 'relay');
    if (certificate === undefined)
      throw new EeError('RELAY_CERTIFICATE_MISSING', { file: `${settings.secretsDir}/tls/relay.crt` });
    return new Relay(host, settings, certificate);
  }

  /**
   * Hands a message over to the listener of the first sending IP, from VPS2 itself. Throws NotTaken when PowerMTA refuses it,
   * DIAL_FAILED when nothing listens, SSH_FORWARDING, SSH_LOST.
   */
  async handOver(message: Outgoing, signal: AbortSignal): Promise<void> {
    const { createTransport } = await import('nodemailer');
    const { pmta, sending } = this.settings;
    const address = sending.identities[0]?.ip ?? '';
    const connection = await asSocket(await this.host.dial(address, pmta.smtpPort));
    const end = () => connection.destroy();
    signal.addEventListener('abort', end, { once: true });
    const transport = createTransport({
      connection,
      host: address,
      port: pmta.smtpPort,
      name: sending.identities[0]?.domain ?? '',
      requireTLS: true,
      // No authority but the certificate itself, which can sign no other: whoever shows it is the relay, whatever its name.
      tls: { ca: this.certificate, checkServerIdentity: () => undefined },
      auth: { user: pmta.smtpUser, pass: pmta.smtpPassword.reveal() },
      socketTimeout: 20_000,
    });
    try {
      await transport.sendMail({
        envelope: { from: message.from, to: [...message.recipients] },
        from: message.from,
        to: message.to,
        subject: message.subject,
        text: message.text,
        messageId: message.messageId,
        xMailer: false,
        // What becomes of it is told by the accounting; nobody shall write to the sender about it.
        dsn: { notify: 'never', return: 'headers' },
      });
    } catch (error) {
      throw new NotTaken(refusal(error), { cause: error });
    } finally {
      signal.removeEventListener('abort', end);
      transport.close();
      connection.destroy();
    }
  }
}

/** What nodemailer's error is about, as a sentence that goes on after "PowerMTA". */
function refusal(error: unknown): string {
  const { code, response, message } = error as { code?: string; response?: string; message?: string };
  if (code === 'EAUTH') return `refuses the login of PMTA_SMTP_USER: ${response ?? message}`;
  if (code === 'ETLS' || /certificate/i.test(message ?? ''))
    // Newer versions of Node.js go on with advice to programmers, which here would be wrong.
    return `shows no TLS with the certificate of SECRETS_DIR/tls/relay.crt: ${message?.split(';')[0]}`;
  if (response !== undefined) return `refuses the message: ${response}`;
  return `does not take the message: ${message ?? String(error)}`;
}
