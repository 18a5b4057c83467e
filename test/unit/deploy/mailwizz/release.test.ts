import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { withRelease } from '../../../../src/lib/deploy/mailwizz/release.js';

describe('a release that cannot be read', () => {
  it.each([
    ['/nowhere/mailwizz-2.3.0.tar.gz', 'there is no such file'],
    [tmpdir(), 'it is a folder, not an archive'],
  ])('is refused in plain words: %s', async (path, problem) => {
    await expect(withRelease(path, new AbortController().signal, () => Promise.resolve('used'))).rejects.toMatchObject({
      code: 'MAILWIZZ_RELEASE_UNFIT',
      message: `${path} is not taken, and no host was touched:\n  ${problem}`,
    });
  });
});
