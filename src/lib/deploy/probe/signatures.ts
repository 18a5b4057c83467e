import type { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { type PublishedRecord, readPublished } from '../../dkim/record.js';
import type { ResolveTxt } from './probe.js';

/** A DKIM signature of a message, and what an independent verifier and DNS say of it. */
export interface Signature {
  readonly domain: string;
  readonly selector: string;
  /** `rsa-sha256`. */
  readonly algorithm: string;
  /** Names of the signed header fields, in lower case. */
  readonly fields: readonly string[];
  /** `pass`, `fail`, `neutral`, … (RFC 8601 §2.7.1). */
  readonly result: string;
  /** Why, where it is not `pass`. */
  readonly comment: string;
  /** What DNS publishes under the selector; undefined where it was not asked, or gave no answer. */
  readonly published: PublishedRecord | undefined;
}

type Result = Awaited<ReturnType<typeof dkimVerify>>['results'][number] & UntypedFields;

/** What results have beside what the package's typings say. */
interface UntypedFields {
  readonly algo?: string;
  /** Names between colons, those that the message has of the tag h. */
  readonly signingHeaders?: { readonly keys?: string };
}

/** Verifies all DKIM signatures of a message, against the DNS that answers `resolveTxt`. */
export async function signaturesOf(raw: Buffer, resolveTxt: ResolveTxt): Promise<Signature[]> {
  // Loaded here: mailauth takes long to load, and few commands verify a message.
  const { dkimVerify } = await import('mailauth/lib/dkim/verify.js');
  const answers = new Map<string, string[][]>();
  const resolver = async (name: string): Promise<string[][]> => {
    const answer = await resolveTxt(name);
    answers.set(name, answer);
    return answer;
  };
  const { results } = await dkimVerify(raw, { resolver });
  return (results as Result[])
    .filter(({ signingDomain }) => signingDomain) // without any signature it gives one result that says so
    .map(({ signingDomain, selector, algo, signingHeaders, status }) => {
      const answer = answers.get(`${selector}._domainkey.${signingDomain}`);
      return {
        domain: signingDomain ?? '',
        selector: selector ?? '',
        algorithm: algo ?? '',
        fields: fieldsOf(signingHeaders?.keys ?? ''),
        result: status.result,
        comment: typeof status.comment === 'string' ? status.comment : '',
        published: answer && readPublished(answer),
      };
    });
}

const fieldsOf = (keys: string): string[] => keys.split(':').map((name) => name.trim().toLowerCase());
