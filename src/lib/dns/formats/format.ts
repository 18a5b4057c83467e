import type { RecordSet } from '../record-set.js';
import { bind } from './bind.js';
import { cloudflare } from './cloudflare.js';
import { csv } from './csv.js';
import { json } from './document.js';
import { table } from './table.js';

export const FORMATS = ['table', 'bind', 'csv', 'json', 'cloudflare'] as const;
export type Format = (typeof FORMATS)[number];

const writers: Readonly<Record<Format, (set: RecordSet) => string>> = { table, bind, csv, json, cloudflare };

/** Renders the set; the text ends with a line end. */
export function render(set: RecordSet, format: Format): string {
  return writers[format](set);
}
