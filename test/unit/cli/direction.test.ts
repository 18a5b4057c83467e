import { join } from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/lib/package-root.js';

const eslint = new ESLint({ cwd: packageRoot() });

/** What the project's lint says of `code` as if it stood in `file`. */
async function lint(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(packageRoot(), file) });
  return (result?.messages ?? []).map(({ ruleId, message }) => `${ruleId}: ${message}`);
}

describe('the direction of imports', () => {
  it.each([
    ['src/lib/pmta/a.ts', "import { x } from '../ssh/connect.js';\nx();\n", 'pmta may not import from ssh'],
    ['src/lib/pmta/document/a.ts', "import { x } from '../../dkim/key.js';\nx();\n", 'pmta may not import from dkim'],
    [
      'src/lib/converge/a.ts',
      "import { x } from '../roles/mailwizz.js';\nx();\n",
      'converge may not import from roles',
    ],
    ['src/lib/ssh/a.ts', "export const a = await import('../converge/plan.js');\n", 'ssh may not import from converge'],
    ['src/lib/roles/a.ts', "export * from '../deploy/run.js';\n", 'roles may not import from deploy'],
    [
      'src/lib/settings/a.ts',
      "import { x } from '../../commands/init.js';\nx();\n",
      'settings may not import from commands',
    ],
    ['src/lib/secret.ts', "import { x } from './settings/load.js';\nx();\n", 'may not import from settings'],
  ])('is kept by lint: in %s', async (file, code, message) => {
    expect(await lint(file, code)).toEqual([expect.stringContaining(`ee/direction: `)]);
    expect((await lint(file, code))[0]).toContain(message);
  });

  it.each([
    ['src/lib/roles/a.ts', "import { x } from '../converge/resource.js';\nx();\n"],
    ['src/lib/pmta/a.ts', "import type { Settings } from '../settings/settings.js';\nexport type A = Settings;\n"],
    ['src/lib/dkim/a.ts', "import { EeError } from '../errors.js';\nexport const a = EeError;\n"],
    ['src/lib/lab/world/a.ts', "import { x } from '../dns/zone.js';\nx();\n"],
  ])('may go down: in %s', async (file, code) => {
    expect(await lint(file, code)).toEqual([]);
  });

  it('keeps the terminal and the environment out of the library', async () => {
    const [message] = await lint('src/lib/deploy/a.ts', "export const a = process.env['HOME'];\n");
    expect(message).toContain('no-restricted-properties');
    expect(await lint('src/lib/deploy/a.ts', "console.log('x');\n")).toEqual([expect.stringContaining('no-console')]);
    expect(await lint('src/lib/deploy/a.ts', 'export default 1;\n')).toEqual([
      expect.stringContaining('no-restricted-exports'),
    ]);
  });

  it.each(['src/commands/a.ts', 'src/lib/cli/a.ts'])('has one way out of the program: not from %s', async (file) => {
    expect(await lint(file, "process.stdout.write('x');\n")).toEqual([expect.stringContaining('no-restricted-syntax')]);
    expect(await lint(file, "process.stderr.write('x');\n")).toEqual([expect.stringContaining('no-restricted-syntax')]);
    expect(await lint(file, 'process.exit(1);\n')).toEqual([expect.stringContaining('no-restricted-properties')]);
    expect(await lint('src/lib/cli/output/a.ts', "process.stdout.write('x');\nprocess.exit(1);\n")).toEqual([]);
  });
});
