import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { EeError } from '../errors.js';
import { openRegular } from '../regular-file.js';
import type { Host, RunOptions, Upload } from './host.js';
import { remoteFailure } from './remote-failure.js';
import { askScript, placeScript, receiveScript, STAGING } from './upload-scripts.js';

/** Up to this size a file in memory goes along with the question whether it is there. */
const SMALL = 256 * 1024;
const CHUNK = 256 * 1024;

export type UploadOptions = RunOptions & { onBytes?: (sent: number, total: number) => void };

/**
 * Brings a file to a host: asks what is there, sends what is missing to a part in a folder that only root can enter, verifies
 * the whole, renames it to its target. Returns the bytes written there: 0 when the target had the content already.
 */
export async function uploadFile(
  host: Pick<Host, 'name' | 'run' | 'pipe'>,
  file: Upload,
  options: UploadOptions,
): Promise<number> {
  const step = options.step ?? `uploading ${basename(file.target)}`;
  const run = { ...options, step };
  if (Buffer.isBuffer(file.source) && file.bytes <= SMALL) return sendSmall(host, file, file.source, run);

  await checkSource(file);
  const asked = await host.run(askScript(file), run);
  if (asked.code !== 0) throw remoteFailure(host.name, step, asked);
  const answer = parseAnswer(asked.stdout.toString());
  if (answer.have) return 0;

  const resumed = answer.part !== undefined && (await prefixSha256(file, answer.part.bytes)) === answer.part.sha256;
  const offset = resumed && answer.part ? answer.part.bytes : 0;
  const missing = file.bytes - offset;
  // A restart replaces the part, whose space is then free again.
  const room = answer.free + (resumed ? 0 : (answer.part?.bytes ?? 0));
  if (missing > room) {
    const output = `${STAGING} (${answer.disk}) has ${mebibytes(room)} MiB free; ${mebibytes(missing)} MiB are to come.`;
    throw new EeError('REMOTE_FAILED', { host: host.name, step, status: 'disk full', output });
  }

  const input = Readable.from(counted(file, offset, options.onBytes), { objectMode: false, highWaterMark: CHUNK });
  const received = await host.pipe(receiveScript(file, resumed ? 'append' : 'replace'), input, run);
  if (received.code !== 0) throw remoteFailure(host.name, step, received);
  return missing;
}

async function sendSmall(
  host: Pick<Host, 'name' | 'pipe'>,
  file: Upload,
  content: Buffer,
  options: UploadOptions & { step: string },
): Promise<number> {
  const placed = await host.pipe(placeScript(file), content, options);
  if (placed.code !== 0) throw remoteFailure(host.name, options.step, placed);
  const written = placed.stdout.toString().trim() === 'have' ? 0 : file.bytes;
  if (written > 0) options.onBytes?.(written, file.bytes);
  return written;
}

interface Answer {
  have: boolean;
  part?: { bytes: number; sha256: string };
  free: number;
  disk: string;
}

/** Reads what the ask script printed: `have`, or `part BYTES SHA256` if there is one, and `free KIB DISK`. */
export function parseAnswer(text: string): Answer {
  const part = /^part (\d+) ([0-9a-f]{64})$/m.exec(text);
  const free = /^free (\d+) (.+)$/m.exec(text);
  return {
    have: /^have$/m.test(text),
    ...(part?.[1] && part[2] ? { part: { bytes: Number(part[1]), sha256: part[2] } } : {}),
    free: free?.[1] ? Number(free[1]) * 1024 : Number.POSITIVE_INFINITY,
    disk: free?.[2] ?? 'unknown disk',
  };
}

async function checkSource({ source, bytes }: Upload): Promise<void> {
  const found = Buffer.isBuffer(source)
    ? source.length
    : await stat(source).then(
        ({ size }) => size,
        () => undefined,
      );
  if (found === bytes) return;
  const name = Buffer.isBuffer(source) ? 'The content' : source;
  throw new EeError('USAGE', {
    message:
      found === undefined
        ? `${name} cannot be read.`
        : `${name} has ${found} bytes, not the ${bytes} that it had before.`,
    hint: 'Run again when nothing else writes to it.',
  });
}

const bytesFrom = ({ source, bytes }: Upload, start: number, end: number = bytes): AsyncIterable<Buffer> | Buffer[] => {
  if (start >= end) return [];
  if (Buffer.isBuffer(source)) return [source.subarray(start, end)];
  return part(source, start, end);
};

async function* part(source: string, start: number, end: number): AsyncGenerator<Buffer> {
  const file = await openRegular(source);
  yield* file.createReadStream({ start, end: end - 1, highWaterMark: CHUNK }) as AsyncIterable<Buffer>;
}

async function prefixSha256(file: Upload, length: number): Promise<string> {
  const hash = createHash('sha256');
  if (length > file.bytes) return '';
  for await (const chunk of bytesFrom(file, 0, length)) hash.update(chunk);
  return hash.digest('hex');
}

async function* counted(
  file: Upload,
  offset: number,
  onBytes?: (sent: number, total: number) => void,
): AsyncGenerator<Buffer> {
  let at = offset;
  for await (const chunk of bytesFrom(file, offset)) {
    yield chunk;
    at += chunk.length;
    onBytes?.(at, file.bytes);
  }
}

const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
