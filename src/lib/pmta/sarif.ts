import { pathToFileURL } from 'node:url';
import { RULES } from './lint/registry.js';
import type { Problem, Severity } from './problem.js';

/** The levels of SARIF 2.1.0 §3.27.10. */
const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};

/** Where the rules are described; relative to the repository that a reader of the report has. */
const DOCUMENT = 'docs/pmta-rules.md';

/** A report in SARIF 2.1.0, which code hosts and editors show beside the lines. */
export function sarifReport(
  files: readonly { readonly file: string; readonly problems: readonly Problem[] }[],
  version: string,
): unknown {
  const index = new Map(RULES.map(({ code }, at) => [code, at]));
  const results = files.flatMap(({ file, problems }) =>
    problems.map(({ code, severity, message, line, column, endColumn }) => ({
      ruleId: code,
      ruleIndex: index.get(code),
      level: LEVELS[severity],
      message: { text: message },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: uriOf(file) },
            region: { startLine: line, startColumn: column, endColumn },
          },
        },
      ],
    })),
  );
  const driver = {
    name: 'ee pmta check',
    version,
    rules: RULES.map(({ code, severity, why, fix, evidence }) => ({
      id: code,
      shortDescription: { text: why },
      help: { text: `${why} ${fix}`, markdown: `${why}\n\n${fix}\n\n[More](${DOCUMENT}#${anchor(code)})` },
      defaultConfiguration: { level: LEVELS[severity] },
      properties: { evidence },
    })),
  };
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    // Columns count bytes, and the reading of the file has one character a byte.
    runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', defaultEncoding: 'iso-8859-1', results }],
  };
}

/** How the headings of a Markdown document are linked to. */
const anchor = (code: string): string => code.replaceAll('.', '');

/** A URI reference (RFC 3986): relative paths stay relative. */
function uriOf(file: string): string {
  if (file.startsWith('/')) return pathToFileURL(file).href;
  return file.split('/').map(encodeURIComponent).join('/');
}
