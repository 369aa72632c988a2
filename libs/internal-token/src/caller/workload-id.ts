import { option } from '../core/index.js';

const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;
/** SPIFFE-ID, section 2: no user, port, query, fragment, empty or dot segments; the id of a workload has a path. */
const WORKLOAD_ID = /^(spiffe|wimse):\/\/([a-z0-9._-]{1,255})((?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+)$/;
const MAX_LENGTH = 2048;

/**
 * @returns why the text is not a workload id of the trust domain; undefined if it is one. The message does not repeat
 * the text, which comes from outside.
 */
export function workloadIdFault(id: string, trustDomain: string, schemes: readonly string[]): string | undefined {
  const [, scheme = '', domain] = id.length <= MAX_LENGTH ? (WORKLOAD_ID.exec(id) ?? []) : [];
  if (!schemes.includes(scheme)) return 'its id is not a workload identifier';
  return domain === trustDomain ? undefined : 'its id belongs to another trust domain';
}

/** Checks the name of a trust domain. */
export const trustDomainOption = option.check<string>(
  'the name of a trust domain alone, in lower case, such as "shop.example"',
  (given) => typeof given === 'string' && TRUST_DOMAIN.test(given),
);
