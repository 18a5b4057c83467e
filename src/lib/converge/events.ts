import type { EeError } from '../errors.js';
import type { Change } from './resource.js';

/** What a run tells while it works. Renderers, the journal and tests subscribe to these; nothing else reports progress. */
export type ConvergeEvent =
  | { readonly kind: 'step'; readonly host: string; readonly step: string }
  | { readonly kind: 'planned'; readonly host: string; readonly changes: readonly Change[] }
  | { readonly kind: 'stage'; readonly host: string; readonly stage: string; readonly changes: number }
  | { readonly kind: 'progress'; readonly host: string; readonly message: string }
  | { readonly kind: 'changed'; readonly host: string; readonly change: Change }
  | { readonly kind: 'done'; readonly host: string; readonly changes: number; readonly seconds: number }
  | { readonly kind: 'failed'; readonly host: string; readonly error: EeError | Error };

export type Emit = (event: ConvergeEvent) => void;
