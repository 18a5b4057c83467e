import { describe, expect, it } from 'vitest';
import { baseKey, packagesKey } from '../../../src/lib/lab/layers.js';

describe('the keys of cached layers', () => {
  it('tell releases apart', () => {
    expect(baseKey('bookworm')).toMatch(/^bookworm-[0-9a-f]{12}$/);
    expect(baseKey('trixie')).toMatch(/^trixie-[0-9a-f]{12}$/);
  });

  it('are the same for the same packages, in any order and named twice', () => {
    expect(packagesKey('bookworm', ['nginx', 'cron', 'nginx'])).toBe(packagesKey('bookworm', ['cron', 'nginx']));
  });

  it('differ with one more package, and with another release', () => {
    const key = packagesKey('bookworm', ['nginx']);
    expect(packagesKey('bookworm', ['nginx', 'cron'])).not.toBe(key);
    expect(packagesKey('trixie', ['nginx'])).not.toBe(key);
  });
});
