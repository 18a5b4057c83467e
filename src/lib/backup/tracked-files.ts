import { basename } from 'node:path';
import { error, type Problem } from './report.js';

const EXAMPLES = 5;

/** The vendor's tree has thousands of files under `apps/`; anything much smaller is no copy of it. */
const TREE_FILES = 500;

interface Forbidden {
  readonly what: string;
  readonly matches: (path: string, name: string) => boolean;
}

/** What must never be in version control (R123), told by path and name. A template that is named as an example is fine. */
const FORBIDDEN: readonly Forbidden[] = [
  {
    what: 'settings with secrets',
    matches: (_, name) => /^\.env(\..+)?$/.test(name) && !/\.(example|sample|template|dist)$/.test(name),
  },
  { what: 'private keys', matches: (_, name) => /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$|.\.(pem|key|ppk)$/.test(name) },
  {
    what: 'licences',
    matches: (path, name) => /^pmta-licen[sc]e/.test(name) || /(^|\/)pmta\/license$/.test(path),
  },
  {
    what: 'archives and dumps',
    matches: (_, name) => /^(mailwizz|mailapp|backup)-.*\.(tar\.gz|tgz|zip)$|\.sql\.gz$/.test(name),
  },
  { what: 'packages', matches: (_, name) => /.\.(deb|rpm)$/.test(name) },
  {
    what: 'configurations of MailWizz',
    // The vendor's own template of that name lies under apps/common/data/.
    matches: (path, name) => name === 'main-custom.php' && !/(^|\/)apps\/common\/data\//.test(path),
  },
];

/** Judges the paths that a repository tracks. */
export function judgeTracked(repository: string, paths: readonly string[]): readonly Problem[] {
  const problems = FORBIDDEN.flatMap(({ what, matches }) => {
    const found = paths.filter((path) => matches(path, basename(path)));
    return found.length === 0 ? [] : [tracked(repository, what, found)];
  });
  const entries = paths.filter((path) => /(^|\/)apps\/init\.php$/.test(path));
  const trees = entries.filter((entry) => {
    const apps = entry.slice(0, -'init.php'.length);
    return paths.filter((path) => path.startsWith(apps)).length >= TREE_FILES;
  });
  return trees.length === 0 ? problems : [...problems, tracked(repository, 'sources of MailWizz', trees)];
}

function tracked(repository: string, what: string, paths: readonly string[]): Problem {
  const shown = `${paths.slice(0, EXAMPLES).join(', ')}${paths.length > EXAMPLES ? ` and ${paths.length - EXAMPLES} more` : ''}`;
  return error(
    'TRACKED_BY_GIT',
    `${what} are tracked by git in ${repository}: ${shown}. Take them out of its history and change what they reveal`,
  );
}

/** What the repositories around the given folders track and must not. Nothing where git or a repository is missing. */
export async function trackedSecrets(folders: readonly string[]): Promise<readonly Problem[]> {
  const repositories = new Set<string>();
  for (const folder of folders) {
    const top = await git(folder, ['rev-parse', '--show-toplevel']);
    if (top !== undefined) repositories.add(top.trim());
  }
  const problems: Problem[] = [];
  for (const repository of repositories) {
    const listed = await git(repository, ['ls-files', '-z']);
    problems.push(
      ...judgeTracked(
        repository,
        (listed ?? '').split('\0').filter((path) => path !== ''),
      ),
    );
  }
  return problems;
}

async function git(folder: string, args: readonly string[]): Promise<string | undefined> {
  const { execa } = await import('execa');
  const result = await execa('git', ['-C', folder, ...args], {
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
    timeout: 30_000,
  });
  return result.exitCode === 0 ? result.stdout : undefined;
}
