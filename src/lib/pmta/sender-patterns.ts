/** How entries of a pattern list say which sender goes through which virtual MTA. */

/** The literal text as a regular expression. `#` and `/` never occur in a sender: they are refused before. */
export const escaped = (text: string): string => text.replace(/[^\w@-]/g, '\\$&');

/** Matches every sender at the host, since the envelope sender may be a bounce address there. */
export const hostEntry = (host: string, virtualMta: string): string =>
  `mail-from /@${escaped(host)}$/ virtual-mta=${virtualMta}`;

/** Matches one sender alone: for senders that are not at the host of their identity. */
export const addressEntry = (address: string, virtualMta: string): string =>
  `mail-from /^${escaped(address)}$/ virtual-mta=${virtualMta}`;

export const hostOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
