import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { EeError } from '../errors.js';
import type { AdaptationReport } from '../pmta/adapt/report.js';
import { loadCatalogue } from '../pmta/catalogue.js';
import type { Document } from '../pmta/document.js';
import { lint } from '../pmta/lint.js';
import { overlaid } from '../pmta/overlay.js';
import type { OverlayLines } from '../pmta/overlay/origins.js';
import { parseDocument } from '../pmta/parse.js';
import type { Problem } from '../pmta/problem.js';
import { holdsSecrets } from '../pmta/redact.js';
import { readNamedIfThere } from '../regular-file.js';
import type { Settings } from '../settings/settings.js';

/** A rendering with the operator's overlay in it, where there is one. */
export interface WithOverlay {
  readonly document: Document;
  /** The overlay, which lines of the document are its own, and what became of its lines; undefined where there is none. */
  readonly overlay: (OverlayLines & { readonly report: AdaptationReport }) | undefined;
}

/**
 * Merges the overlay of the settings into a rendering; without one the rendering stays as it is. Throws PMTA_OVERLAY_MISSING for a
 * file that the settings name and that is not there, PMTA_OVERLAY_REFUSED for lines that cannot be merged, or that make of the
 * rendering one that `ee pmta check` refuses; PMTA_OVERLAY_READABLE_BY_OTHERS for passwords in a file that other users can read.
 */
export async function withOverlay(
  rendering: Document,
  { pmta }: Settings,
  feeders: readonly string[],
): Promise<WithOverlay> {
  const { file: path, required } = pmta.overlay;
  const bytes = await readNamedIfThere(path, 'PMTA_OVERLAY');
  if (!bytes && required) throw new EeError('PMTA_OVERLAY_MISSING', { path });
  if (!bytes) return { document: rendering, overlay: undefined };
  const file = basename(path);
  const refuse = (problems: readonly string[]): never => {
    throw new EeError('PMTA_OVERLAY_REFUSED', { path, problems });
  };
  if (bytes.includes(0)) refuse([`${file}:1: it holds NUL bytes: it is not text`]);
  const own = parseDocument(withoutMark(bytes));
  const mode = (await stat(path)).mode & 0o777;
  if (holdsSecrets(own.nodes) && mode & 0o077)
    throw new EeError('PMTA_OVERLAY_READABLE_BY_OTHERS', { path, mode: mode.toString(8).padStart(3, '0') });
  const { document, origins, report, refused } = overlaid(rendering, own, { file, feeders });
  if (refused.length > 0) refuse(refused.map(({ line, reason }) => `${file}:${line}: ${reason}`));
  const found = lint(document, loadCatalogue());
  const caused = newErrors(rendering, found);
  if (caused.length > 0) refuse(caused.map((problem) => errorLine(problem, origins, file)));
  return { document, overlay: { file, origins, report: withUnknown(report, found, origins) } };
}

/** Editors of Windows begin a text with a byte order mark; here it would be part of the first word. */
const withoutMark = (bytes: Buffer): Buffer => (bytes.subarray(0, 3).equals(MARK) ? bytes.subarray(3) : bytes);
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Errors of a kind that the rendering has more of with the overlay than without. */
function newErrors(before: Document, after: readonly Problem[]): Problem[] {
  const errorsIn = (problems: readonly Problem[]): Problem[] => problems.filter(({ severity }) => severity === 'error');
  const countOf = (problems: readonly Problem[]): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const { code } of problems) counts.set(code, (counts.get(code) ?? 0) + 1);
    return counts;
  };
  const found = errorsIn(after);
  const [earlier, now] = [countOf(errorsIn(lint(before, loadCatalogue()))), countOf(found)];
  return found.filter(({ code }) => (now.get(code) ?? 0) > (earlier.get(code) ?? 0));
}

/** The report; a line with a directive that the guide does not know is named there before PowerMTA refuses it on the host. */
function withUnknown(
  report: AdaptationReport,
  found: readonly Problem[],
  origins: readonly number[],
): AdaptationReport {
  const unknown = new Map(
    found
      .filter(({ code }) => code === 'unknown-directive-for-scope')
      .map(({ line, message }) => [origins[line - 1] ?? 0, message]),
  );
  return report.map((item) => {
    const message = item.line === undefined ? undefined : unknown.get(item.line);
    return message === undefined ? item : { ...item, reason: `${item.reason}; ${message}: PowerMTA may refuse it` };
  });
}

function errorLine({ line, code, message }: Problem, origins: readonly number[], file: string): string {
  const own = origins[line - 1] ?? 0;
  return own > 0 ? `${file}:${own}: ${code}: ${message}` : `line ${line} of the rendering: ${code}: ${message}`;
}
