/** Which sources speak for mail that is handed over after a login, in a configuration that was not adapted yet. */
import type { Block, Directive, Node } from '../document.js';
import { directiveIn, isBlock, nameOf, valueOf } from './edit.js';

/** The user whose login is replaced: the one of that name, or the first whose source is named, or the first. */
export function loginUser(nodes: readonly Node[], login: string): Block | undefined {
  const users = nodes.filter((node): node is Block => isBlock(node, 'smtp-user'));
  const hasSource = (user: Block): boolean => directiveIn(user, 'source') !== undefined;
  return users.find((user) => nameOf(user) === login) ?? users.find(hasSource) ?? users[0];
}

/** The source whose settings hold after that login: the one that the user names, or the customary one. */
export function authSourceName(nodes: readonly Node[], login: string): string {
  const user = loginUser(nodes, login);
  const named = user && directiveIn(user, 'source');
  return named ? valueOf(named) : '{pmta-auth}';
}

/** Settings that all logged-in users have by default. */
const ANY_USER = '{auth}';

/**
 * What a setting is for mail of logged-in users: in their own source, else in `{auth}`, else in the source of all addresses. Where users
 * have no source at all, all mail was handed over by address, and the new login takes the place of that: then every source of an address
 * speaks for it, loopback last, and there may be several values.
 */
export function settingsForUsers(nodes: readonly Node[], auth: string, keyword: string): readonly Directive[] {
  const sources = nodes.filter((node): node is Block => isBlock(node, 'source'));
  const byName = (name: string): Block[] => sources.filter((source) => nameOf(source) === name);
  const [own, any] = [byName(auth), byName(ANY_USER)];
  const byAddress = sources.filter((source) => isAddress(nameOf(source)));
  const levels =
    own.length + any.length > 0
      ? [own, any, byAddress.filter((source) => isEverybody(nameOf(source)))]
      : [byAddress.filter((source) => !isLoopback(nameOf(source))), byAddress];
  const found = levels.map((level) => level.flatMap((source) => directiveIn(source, keyword) ?? []));
  return found.find((directives) => directives.length > 0) ?? [];
}

const isAddress = (name: string): boolean => /^[\da-f.:]+(\/\d+)?$/i.test(name);
const isEverybody = (name: string): boolean => /^[0.:]+\/0$/.test(name);
const isLoopback = (name: string): boolean => /^(127[./]|::1(\/128)?$)/.test(name);
