import type { Step, Wait } from '../dkim/rotation/steps.js';

/** A step as the operator reads it, done or to be done. `fresh` is the selector that a new key would have. */
export function describeStep(step: Exclude<Step, Wait>, fresh: string): string {
  switch (step.do) {
    case 'generate':
      return `make the key ${fresh}`;
    case 'note':
      return noted(step);
    case 'activate':
      return `sign with ${step.selector} in the place of ${step.replaces}, once a probe through VPS2 verifies`;
    case 'take-back':
      return `keep the former key: DNS does not answer with ${step.selector} (${step.reason})`;
    case 'revoke':
      return `revoke ${step.selector}: its private key leaves VPS2, and DNS shall say that it is revoked`;
    case 'remove':
      return `remove ${step.selector}: its private key is destroyed, and its name may go from DNS`;
  }
}

function noted(step: Extract<Step, { do: 'note' }>): string {
  switch (step.event) {
    case 'published':
      return `DNS answers with ${step.selector}`;
    case 'unpublished':
      return `DNS does not answer rightly with ${step.selector} any more: ${step.reason}`;
    case 'verified':
      return `DNS has answered with ${step.selector} for as long as caches may remember what was before`;
  }
}
