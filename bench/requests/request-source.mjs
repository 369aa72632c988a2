// The requests of a part: with access tokens that come again and again, or with internal tokens that come once.
import { head } from './load.mjs';

export class RequestSource {
  static async create({ token, load }, identity) {
    const tokens = token === 'access' ? await identity.accessTokens() : undefined;
    return new RequestSource(load, tokens, identity);
  }

  #load;
  #accessTokens;
  #identity;

  constructor(load, accessTokens, identity) {
    this.#load = load;
    this.#accessTokens = accessTokens;
    this.#identity = identity;
  }

  /** The fields of a request, with a good token or a forged one. */
  fields({ forged = false } = {}) {
    const [token] = this.#tokens(1);
    return this.#with(forged ? `${token.slice(0, -9)}AAAAAAAAA` : token);
  }

  /** The heads of so many requests, or of fewer where tokens come again. Internal tokens live for a minute. */
  heads(count) {
    const { method, path, body } = this.#load;
    const more = body && { 'content-type': 'application/octet-stream', 'content-length': body.bytes };
    return this.#tokens(count).map((token) => head(method, path, { ...this.#with(token), ...more }));
  }

  #tokens(count) {
    return this.#accessTokens ?? this.#identity.internalTokens(count);
  }

  #with(token) {
    return this.#accessTokens ? { authorization: `Bearer ${token}` } : { 'txn-token': token };
  }
}

/** Gives one after the other, in turns, and undefined after so many. */
export function inOrder(heads, count = Infinity) {
  let given = 0;
  return () => (given < count ? heads[given++ % heads.length] : undefined);
}
