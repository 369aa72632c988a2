import type { OptionPath } from '../../core/index.js';
import { invalidToken } from './access-token-refusals.js';

const PATTERN = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63})(:\{tenant\})?$/;
/** Names of the trust domain's own principals, which no external subject may have. */
const RESERVED = /^(?:anonymous$|workload(?:$|:))/i;

const ALLOWED = 'letters, digits, dots, dashes and underscores, not "anonymous" or "workload"; ":{tenant}" may follow';

/**
 * Makes external subjects unique inside the trust domain (R12). A namespace contains no colon, and neither does the
 * encoded tenant, so two different principals never get the same subject.
 */
export class SubjectNamespace {
  /** Without the tenant part; empty if none is configured. */
  readonly name: string;
  readonly #byTenant: boolean;

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(given: unknown, at: OptionPath) {
    if (given === undefined) {
      this.name = '';
      this.#byTenant = false;
      return;
    }
    const parts = typeof given === 'string' ? PATTERN.exec(given) : null;
    if (parts?.[1] === undefined || RESERVED.test(parts[1])) throw at.mustBe(ALLOWED, given);
    this.name = parts[1];
    this.#byTenant = parts[2] !== undefined;
    Object.freeze(this);
  }

  /**
   * Returns the internal subject.
   * @param others names of the other issuers' namespaces, which a subject without a namespace must not imitate
   * @throws InternalTokenError `access_token_invalid`
   */
  apply(subject: string, tenant: string | undefined, others: readonly string[]): string {
    if (RESERVED.test(subject)) throw invalidToken('the subject is a reserved name');
    if (this.name === '') {
      if (others.some((other) => subject.startsWith(`${other}:`))) {
        throw invalidToken("the subject imitates another issuer's namespace");
      }
      return subject;
    }
    if (!this.#byTenant) return `${this.name}:${subject}`;
    if (tenant === undefined)
      throw invalidToken('the subject is unique only within a tenant, and the token names no tenant');
    return `${this.name}:${encodeURIComponent(tenant)}:${subject}`;
  }
}
