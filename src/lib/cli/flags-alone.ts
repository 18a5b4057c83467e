import type { Interfaces } from '@oclif/core';

/** What a flag says of itself, as far as it is looked at here. */
type Described = Readonly<Record<string, { readonly dependsOn?: readonly unknown[] | undefined }>>;
type Given = Pick<Interfaces.ParserOutput, 'flags' | 'metadata'>;

/** Flags that were typed without the one that they need: a default is nothing that was typed. */
export function flagsAlone(described: Described, { flags, metadata }: Given): { flag: string; needs: string }[] {
  const typed = (name: string): boolean => flags[name] !== undefined && !metadata.flags[name]?.setFromDefault;
  return Object.entries(described)
    .filter(([flag]) => typed(flag))
    .flatMap(([flag, { dependsOn = [] }]) =>
      dependsOn
        .filter((needs): needs is string => typeof needs === 'string' && !typed(needs))
        .map((needs) => ({ flag, needs })),
    );
}
