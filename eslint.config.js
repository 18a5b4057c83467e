import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';

const ROOT = dirname(fileURLToPath(import.meta.url));

/**
 * Which rooms of src/lib a room may import from. An arrow never points up, and no two rooms point at each other.
 * Files directly in src/lib (errors, secret, …) are open to all, and so are the types of settings/settings.ts.
 */
const ROOMS = {
  rotation: ['deploy', 'roles', 'converge', 'ssh', 'dkim', 'dns', 'settings'],
  cli: ['deploy', 'converge', 'ssh', 'settings'],
  deploy: ['roles', 'mailwizz', 'converge', 'ssh', 'backup', 'dns', 'pmta', 'dkim', 'tls', 'package-file', 'settings'],
  roles: ['mailwizz', 'converge', 'ssh', 'backup', 'dns', 'pmta', 'dkim', 'tls', 'package-file', 'settings'],
  mailwizz: ['converge', 'ssh'],
  converge: ['ssh'],
  lab: ['ssh', 'dns', 'settings'],
  ssh: [],
  'package-file': ['backup'],
  backup: [],
  dns: [],
  pmta: [],
  dkim: [],
  tls: [],
  settings: [],
};

const OPEN_TO_ALL = ['src/lib/settings/settings.ts', 'src/lib/ssh/host.ts'];

/** `src/lib/pmta/document/parse.ts` → `pmta`; `src/commands/init.ts` → `commands`; `src/lib/errors.ts` → undefined. */
function roomOf(path) {
  const [src, lib, room, ...rest] = path.split(sep);
  if (src !== 'src') return undefined;
  if (lib === 'commands') return 'commands';
  return lib === 'lib' && rest.length > 0 ? room : undefined;
}

/** Reports an import, static or dynamic, that goes against ROOMS. */
const direction = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const importer = relative(ROOT, context.filename);
    const room = roomOf(importer);
    const check = ({ source }) => {
      if (source?.type !== 'Literal' || !String(source.value).startsWith('.')) return;
      const target = relative(ROOT, resolve(dirname(context.filename), source.value)).replace(/\.js$/, '.ts');
      const wanted = roomOf(target);
      if (wanted === undefined || wanted === room || OPEN_TO_ALL.includes(target)) return;
      if (room === 'commands') return;
      const allowed = room === undefined ? [] : (ROOMS[room] ?? []);
      if (!importer.startsWith('src') || allowed.includes(wanted)) return;
      context.report({ node: source, message: `${room ?? importer} may not import from ${wanted} (${target}).` });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

const outOfReach = ['env', 'argv', 'exit', 'exitCode', 'stdout', 'stderr', 'stdin'].map((property) => ({
  object: 'process',
  property,
  message: 'Only commands and src/lib/cli know the terminal, the environment and the end of the program.',
}));

/** Output has one way out, which knows whether it arrived, and what a terminal must not obey. */
const besideTheOutlets = ['stdout', 'stderr'].map((stream) => ({
  selector: `CallExpression[callee.object.object.name='process'][callee.object.property.name='${stream}'][callee.property.name='write']`,
  message: 'Only src/lib/cli/output writes to the terminal: use print, note, give or the outlets.',
}));

const endsEarly = {
  object: 'process',
  property: 'exit',
  message: 'Only src/lib/cli/output ends the program, once its output has arrived.',
};

const collected = {
  object: 'AbortSignal',
  property: 'timeout',
  message:
    'Nothing holds it under AbortSignal.any, and what waits for it waits for ever (nodejs/node#57736): use setTimeout.',
};

export default tseslint.config(
  { ignores: ['dist', 'dist.*', 'engine/dist', 'node_modules', 'coverage', 'assets', 'templates'] },
  ...tseslint.configs.strict,
  {
    plugins: { ee: { rules: { direction } } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-const': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'ee/direction': 'error',
    },
  },
  // oclif finds a command by the default export of its file; tools find their configuration so.
  { files: ['src/commands/**/*.ts', '*.config.{js,ts}'], rules: { 'no-restricted-exports': 'off' } },
  { files: ['src/**/*.ts'], rules: { 'no-console': 'error' } },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/lib/cli/output/**'],
    rules: {
      'no-restricted-syntax': ['error', ...besideTheOutlets],
      'no-restricted-properties': ['error', endsEarly],
    },
  },
  {
    files: ['src/lib/**/*.ts'],
    ignores: ['src/lib/cli/**'],
    rules: { 'no-restricted-properties': ['error', ...outOfReach, collected] },
  },
);
