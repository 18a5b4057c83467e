import type { Source } from '../effective.js';
import type { Explanation, PatternRule } from '../explain.js';

/** Which lines of a rendering are those of an overlay: for each of its lines the line of the overlay, 0 for any other. */
export interface OverlayLines {
  readonly file: string;
  readonly origins: readonly number[];
}

/** An explanation of a rendering, with what an overlay set shown by its line there. */
export function withOverlayLines(explanation: Explanation, { file, origins }: OverlayLines): Explanation {
  const placed = <Place extends { readonly line: number; readonly file?: string }>(one: Place): Place => {
    const line = one.file === undefined ? (origins[one.line - 1] ?? 0) : 0;
    return line > 0 ? { ...one, line, file } : one;
  };
  const all = <Place extends Source | PatternRule>(list: readonly Place[]): Place[] => list.map(placed);
  return {
    ...explanation,
    settings: explanation.settings.map((setting) => ({
      ...placed(setting),
      rivals: all(setting.rivals),
      overrides: all(setting.overrides),
    })),
    virtualMtaSettings: explanation.virtualMtaSettings.map(placed),
    patternList: explanation.patternList && {
      ...explanation.patternList,
      rules: all(explanation.patternList.rules),
    },
  };
}
