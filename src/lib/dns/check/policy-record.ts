import { parseTagList } from '../../tag-list.js';

/** What a name holds of a kind of policy record, such as `v=DMARC1`, among its TXT records. */
export type PolicyRecord =
  | { readonly kind: 'missing' }
  | { readonly kind: 'several'; readonly count: number }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'record'; readonly text: string; readonly tags: ReadonlyMap<string, string> };

/**
 * Picks the records of a version out of TXT values, as receivers do: what begins otherwise is none. What has the version, but not as
 * its first tag or not written so, is malformed rather than missing, since somebody meant it.
 */
export function policyRecord(version: string, values: readonly string[]): PolicyRecord {
  const records = values.filter((value) => new RegExp(`^v[ \\t]*=[ \\t]*${version}[ \\t]*(;|$)`).test(value));
  const meant = values.filter((value) => value.toLowerCase().includes(version.toLowerCase()));
  if (records.length > 1) return { kind: 'several', count: records.length };
  const [text] = records;
  if (text !== undefined) return parsed(text);
  return meant.length === 0
    ? { kind: 'missing' }
    : { kind: 'malformed', reason: `it does not begin with v=${version};` };
}

function parsed(text: string): PolicyRecord {
  try {
    return { kind: 'record', text, tags: parseTagList(text) };
  } catch (error) {
    return { kind: 'malformed', reason: error instanceof Error ? error.message : String(error) };
  }
}
