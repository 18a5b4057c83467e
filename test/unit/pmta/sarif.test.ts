import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { lint } from '../../../src/lib/pmta/lint.js';
import { RULES } from '../../../src/lib/pmta/lint/registry.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { sarifReport } from '../../../src/lib/pmta/sarif.js';
import { twoIps } from './two-ips.js';

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region: { readonly startLine: number; readonly startColumn: number; readonly endColumn: number };
    };
  }[];
}
interface Log {
  readonly $schema: string;
  readonly version: string;
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string }[] } };
    readonly columnKind: string;
    readonly results: readonly Result[];
  }[];
}

const catalogue = loadCatalogue();
const report = (files: Readonly<Record<string, string>>): Log =>
  sarifReport(
    Object.entries(files).map(([file, text]) => ({ file, problems: lint(parseText(text), catalogue) })),
    '1.2.3',
  ) as Log;

describe('a report in SARIF 2.1.0', () => {
  it('says of one problem what it is, how bad, and where', () => {
    const { $schema, version, runs } = report({
      'a b/pmta.conf': 'log-file /l\npostmaster a@example.com\nhttp-access 0/0 none\nsmtp-port 25\n',
    });
    expect([$schema, version, runs.length]).toEqual(['https://json.schemastore.org/sarif-2.1.0.json', '2.1.0', 1]);
    expect(runs[0]?.tool.driver).toMatchObject({ name: 'ee pmta check', version: '1.2.3' });
    expect(runs[0]?.results).toEqual([
      {
        ruleId: 'deprecated-name',
        ruleIndex: RULES.findIndex(({ code }) => code === 'deprecated-name'),
        level: 'warning',
        message: { text: 'smtp-port is deprecated: use smtp-listener' },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: 'a%20b/pmta.conf' },
              region: { startLine: 4, startColumn: 1, endColumn: 10 },
            },
          },
        ],
      },
    ]);
  });

  it('has no results, and still the list of them, where nothing is wrong', () => {
    expect(report({ x: 'log-file /l\npostmaster a@example.com\n' }).runs[0]?.results).toEqual([]);
    expect(report({}).runs[0]?.results).toEqual([]);
  });

  // §3.13 to §3.49: what a log, a run, a result, a region and a rule must have, and what their values may be.
  it('has all that the standard requires, for every severity and for files of any name', () => {
    const text = `${twoIps()}\nhost-name \xe9{{x}}\n<domain *>\n`;
    const [run] = report({ '/etc/pmta/config': text, '../caf\u00e9 100%.conf': text, '-': '' }).runs;
    const rules = run?.tool.driver.rules ?? [];
    expect(rules.map(({ id }) => id)).toEqual(RULES.map(({ code }) => code));
    for (const rule of rules)
      expect(rule).toMatchObject({
        shortDescription: { text: expect.stringMatching(/\.$/) as string },
        help: { text: expect.any(String) as string },
        defaultConfiguration: { level: expect.stringMatching(/^(error|warning|note)$/) as string },
      });
    expect(run?.columnKind).toBe('utf16CodeUnits');
    const results = run?.results ?? [];
    expect(new Set(results.map(({ level }) => level))).toEqual(new Set(['error', 'warning', 'note']));
    expect(new Set(results.map(({ locations }) => locations[0]?.physicalLocation.artifactLocation.uri))).toEqual(
      new Set(['file:///etc/pmta/config', '../caf%C3%A9%20100%25.conf', '-']),
    );
    for (const { ruleId, ruleIndex, message, locations } of results) {
      expect(rules[ruleIndex]?.id).toBe(ruleId);
      expect(message.text).not.toBe('');
      expect(locations).toHaveLength(1);
      const { startLine, startColumn, endColumn } = locations[0]?.physicalLocation.region ?? {
        startLine: 0,
        startColumn: 0,
        endColumn: 0,
      };
      expect([startLine >= 1, startColumn >= 1, endColumn >= startColumn]).toEqual([true, true, true]);
    }
  });
});
