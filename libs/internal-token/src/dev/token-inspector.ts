import {
  INTERNAL_TOKEN_ERRORS,
  InternalTokenError,
  type InternalTokenVerifier,
  isJsonObject,
  type JsonObject,
} from '../core/index.js';
import type { KeyRing } from '../gateway/key-ring/index.js';
import type { TokenInspection } from 'itok';

/** Shows the content of a token and whether it would be accepted now. Does not store or repeat the token. */
export class TokenInspector {
  constructor(
    private readonly verifier: Pick<InternalTokenVerifier, 'verify'>,
    private readonly ring: Pick<KeyRing, 'keys'>,
  ) {}

  async inspect(text: string): Promise<TokenInspection> {
    const token = text.trim();
    const [head = '', payload = ''] = token.split('.', 2);
    const header = readable(head);
    const claims = readable(payload);
    const key = this.ring.keys.find(({ keyId }) => keyId === header?.['kid']);
    return {
      ...(await this.#verdict(token)),
      ...(header !== undefined && { header }),
      ...(claims !== undefined && { claims }),
      ...(key !== undefined && { keyState: key.state }),
    };
  }

  async #verdict(token: string): Promise<Pick<TokenInspection, 'valid' | 'code' | 'reason'>> {
    try {
      await this.verifier.verify(token);
      return { valid: true };
    } catch (error) {
      if (!(error instanceof InternalTokenError)) throw error;
      const { code, detail } = error;
      return { valid: false, code, reason: `${INTERNAL_TOKEN_ERRORS[code].title}. ${detail}` };
    }
  }
}

/** Parses a part more leniently than a verifier, since nothing depends on it. Undefined if it is not a JSON object. */
function readable(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isJsonObject(value) ? (shortened(value) as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

const MAX_DEPTH = 8;
const MAX_MEMBERS = 100;
const MAX_TEXT = 2_000;

/** A copy that is small enough for a page. */
function shortened(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.slice(0, MAX_MEMBERS).map((member) => shortened(member, depth + 1));
  const members = Object.entries(value).slice(0, MAX_MEMBERS);
  return Object.fromEntries(members.map(([name, member]) => [name, shortened(member, depth + 1)]));
}
