import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { closeScript, openScript } from '../../../../src/lib/deploy/mailwizz/panel/closing.js';
import { DUMP_FUNCTIONS } from '../../../../src/lib/deploy/mailwizz/panel/dump.js';
import { abandonScript, keepScript } from '../../../../src/lib/deploy/mailwizz/panel/keep.js';
import { chosenPanel, parseKeptPanels } from '../../../../src/lib/deploy/mailwizz/panel/kept-panels.js';
import { keptPlaces } from '../../../../src/lib/deploy/mailwizz/panel/places.js';
import { returnNeeds } from '../../../../src/lib/deploy/mailwizz/panel/space.js';
import {
  emptyCopyScript,
  exchangeScript,
  retireScript,
  swapScript,
  unswapScript,
} from '../../../../src/lib/deploy/mailwizz/panel/web-root.js';
import { placeScript, unpackScript, updateScript } from '../../../../src/lib/deploy/mailwizz/upgrade-scripts.js';
import type { UnderWay } from '../../../../src/lib/mailwizz/under-way.js';

const begun: UnderWay = { kind: 'replace', run: '20261127T220501Z-fd2492', by: "o'hara@laptop", phase: 'keeping' };
const kept = keptPlaces(begun.run);
const release = {
  path: '/srv/r.tar.gz',
  bytes: 1,
  sha256: 'ab',
  version: '2.3.0',
  root: './x y/',
  stripDepth: 2,
  unpackedBytes: 1,
};

describe('the shell of work on a panel', () => {
  it.each([
    ['close', closeScript(begun, '8.2', 'mailwizz')],
    ['open', openScript()],
    ['dump', DUMP_FUNCTIONS],
    ['keep', keepScript(begun, 'mailwizz_v2', '2.2.11')],
    ['abandon', abandonScript(begun, '8.2')],
    ['retire', retireScript(kept, '8.2')],
    ['empty copy', emptyCopyScript()],
    ['swap', swapScript(kept)],
    ['unswap', unswapScript(kept, '8.2')],
    ['exchange', exchangeScript(kept, keptPlaces('other'), '8.2')],
    ['unpack', unpackScript(release, '8.2')],
    ['place', placeScript(kept, '8.2')],
    ['update', updateScript('2.3.0', '8.2', 'mailwizz_v2', 'online')],
  ])('is shell: %s', (_name, script) => {
    expect(() => execFileSync('sh', ['-n'], { input: script })).not.toThrow();
  });

  it('[R23] says that a panel is kept only after its dump was read back and compared', () => {
    const script = keepScript(begun, 'mailwizz_v2', '2.2.11').slice(DUMP_FUNCTIONS.length);
    const order = ['ee_checksums', 'ee_dump', 'ee_proof', `mv -T ${kept.description}.part`, '"phase":"changing"'];
    const places = order.map((word) => script.indexOf(word));
    expect(places).not.toContain(-1);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });

  it('[R19] leaves no dump behind that would be taken for a panel which was replaced', () => {
    const lines = abandonScript(begun, '8.2').split('\n');
    expect(lines).toContain(`rm -rf ${kept.folder}`);
    expect(lines.indexOf(`rm -f ${kept.description}`)).toBeLessThan(lines.indexOf(`rm -rf ${kept.folder}`));
  });

  it('takes no path from the name of a run', () => {
    expect(() => keptPlaces('../../etc')).toThrow('not the name of a run');
  });
});

describe('the kept panels', () => {
  const line = (run: string, database = 'mailwizz_v2') =>
    JSON.stringify({
      kind: 'replace',
      run,
      by: 'a@b',
      database,
      version: '2.2.11',
      proven: true,
      at: '2026-11-27T22:05:01Z',
      bytes: 10,
      tables: 3,
      kilobytes: 900,
    });
  const panels = parseKeptPanels(
    `${line('20260101T000000Z-a')}\n${line('20260201T000000Z-b', 'other')}\n${line('20260301T000000Z-c')}\n`,
  );

  it('are listed with the newest first', () => {
    expect(panels.map(({ id }) => id)).toEqual(['20260301T000000Z-c', '20260201T000000Z-b', '20260101T000000Z-a']);
    expect(panels[0]).toEqual({
      id: '20260301T000000Z-c',
      kind: 'replace',
      kept: '2026-11-27T22:05:01Z',
      by: 'a@b',
      version: '2.2.11',
      database: 'mailwizz_v2',
      tables: 3,
      bytes: 10,
      kilobytes: 900,
      proven: true,
    });
  });

  it('need no room of their own where what is there makes as much, and the rest where it is smaller', () => {
    const more = (tables: number) =>
      returnNeeds({ kilobytes: 900 }, { tables, webRoot: 0, uploads: 0, systems: [] }).map(
        ({ kilobytes }) => kilobytes,
      );
    expect([more(1000), more(450), more(100), more(0)]).toEqual([[0], [0], [700], [900]]);
  });

  it('are chosen by name, or the newest; one of another database is refused', () => {
    expect(chosenPanel(panels, undefined, 'mailwizz_v2').id).toBe('20260301T000000Z-c');
    expect(chosenPanel(panels, '20260101T000000Z-a', 'mailwizz_v2').id).toBe('20260101T000000Z-a');
    expect(() => chosenPanel(panels, '20260201T000000Z-b', 'mailwizz_v2')).toThrow('had the database other');
    expect(() => chosenPanel(panels, 'x', 'mailwizz_v2')).toThrow('keeps no panel that a run x replaced');
    expect(() => chosenPanel([], undefined, 'mailwizz_v2')).toThrow('keeps no earlier panel to go back to');
  });
});
