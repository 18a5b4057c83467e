import { signedSelectors } from '../dkim/key-store.js';
import type { KnownKeys } from '../roles/known-keys.js';
import type { Settings } from '../settings/settings.js';

/** The keys of the sending domains that this machine knows as keys that sign or signed. */
export async function keysKnownHere({ secretsDir, sending }: Settings): Promise<KnownKeys> {
  const signed = await Promise.all(
    sending.identities.map(async ({ domain }) => {
      const selectors = new Set(await signedSelectors(secretsDir, domain));
      return [domain.toLowerCase(), selectors] as const;
    }),
  );
  return { folder: secretsDir, signed: new Map(signed) };
}
