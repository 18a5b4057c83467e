import { folded, unquoted, type Directive } from '../document.js';

/** How many words of a value tell directives of one name apart, beside the name; the others replace each other. */
const KEY_WORDS: Readonly<Record<string, number>> = {
  'domain-macro': 1,
  alias: 1,
  'http-access': 1,
  'record-fields': 1,
  'map-header-to-field': 2,
  'source-ip-max-smtp-out': 1,
  'source-ip-max-msg-rate': 1,
  'source-ip-max-connect-rate': 1,
  'source-ip-max-data-volume-rate': 1,
};

/** Directives that add up: each value is one of its own. */
const ADDS_UP = new Set([
  ...[
    'relay-domain',
    'relay-address',
    'name-server',
    'remove-header',
    'domain-suffix',
    'include-headers-from',
    'pickup',
  ],
  ...[
    'dummy-smtp-blacklist',
    'http-mgmt-source',
    'no-http-mgmt-source',
    'body-pattern-file',
    'http-webhook-extra-headers',
  ],
  ...['http-delivery-extra-headers', 'virtual-mta', 'spool', 'suppression-lists'],
]);

/** Two directives of one block with the same key speak of the same thing, so that one of them replaces the other. */
export function keyOf(directive: Directive): string {
  const known = keys.get(directive);
  if (known !== undefined) return known;
  const key = written(directive);
  keys.set(directive, key);
  return key;
}

const keys = new WeakMap<Directive, string>();

function written(directive: Directive): string {
  const name = folded(directive.keyword);
  const words = unquoted(directive.value.text).split(/[\s,]+/);
  const own = ADDS_UP.has(name) ? words : words.slice(0, KEY_WORDS[name] ?? 0);
  return [name, ...own].join(' ').toLowerCase();
}

/** Directives of which the first that matches decides, so that a new one stands before the others. */
export const firstMatches = (name: string): boolean => name === 'http-access';

/** Blocks that are lists: the first entry that matches decides, so that entries of an overlay come first. */
const LISTS = new Set([
  'smtp-pattern-list',
  'pattern-list',
  'bounce-category-patterns',
  'mx-rollup-list',
  'rewrite-list',
]);
export const isList = (tag: string): boolean => LISTS.has(tag.toLowerCase());
