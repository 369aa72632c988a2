// The requests of a part: with access tokens that come again and again, or with internal tokens that come once.
import { head } from './load.mjs';

export class RequestSource {
  static async create({ token, load }, identity) {
    const tokens = token === 'access' ? await identity.accessTokens() : undefined;
    return new RequestSource(load, tokens, identity);
  }

  #load;
  #identity;
  /** The heads of requests with access tokens. */
  #recurring;

  constructor(load, accessTokens, identity) {
    this.#load = load;
    this.#identity = identity;
    const [good] = accessTokens ?? identity.internalTokens(1);
    const fields = accessTokens ? withAccessToken : withInternalToken;
    /** The fields of a good request, and of one whose token is forged. */
    this.good = fields(good);
    this.forged = fields(`${good.slice(0, -9)}AAAAAAAAA`);
    this.#recurring = accessTokens?.map((token) => this.#head(withAccessToken(token)));
  }

  /** The heads of so many requests, the same for every target; fewer where they come again. */
  heads(count) {
    if (this.#recurring !== undefined) return this.#recurring;
    return this.#identity.internalTokens(count).map((token) => this.#head(withInternalToken(token)));
  }

  #head(fields) {
    const { method, path, body } = this.#load;
    const more = body && { 'content-type': 'application/octet-stream', 'content-length': body.bytes };
    return head(method, path, { ...fields, ...more });
  }
}

/** Gives one after the other, in turns, and undefined after so many. */
export function inOrder(heads, count = Infinity) {
  let given = 0;
  return () => (given < count ? heads[given++ % heads.length] : undefined);
}

const withAccessToken = (token) => ({ authorization: `Bearer ${token}` });
const withInternalToken = (token) => ({ 'txn-token': token });
