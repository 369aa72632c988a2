import { InternalTokenError } from '../errors.js';

/** A text longer than this is no setting that a person typed, and may be a secret. */
const LONGEST_SHOWN = 100;
/** What is never repeated, wherever it was given: key material and tokens. */
const SECRET = /-----BEGIN |^ey[\w-]+\.|"(?:d|k|priv)"\s*:/;

/** The place of an option, for messages: the class that takes it, and its path from the top. */
export class OptionPath {
  /**
   * @param owner names the class or function that takes the options
   * @param path empty for the options as a whole
   * @param hidden never shows what was given
   */
  constructor(
    readonly owner: string,
    readonly path = '',
    readonly hidden = false,
  ) {}

  member(name: string): OptionPath {
    const step = /^[A-Za-z_$][\w$-]*$/.test(name) ? `${this.path && '.'}${name}` : `[${JSON.stringify(name)}]`;
    return new OptionPath(this.owner, `${this.path}${step}`, this.hidden);
  }

  item(index: number): OptionPath {
    return new OptionPath(this.owner, `${this.path}[${index}]`, this.hidden);
  }

  /** The same place, for a secret: messages say what kind of value was given, never the value. */
  secret(): OptionPath {
    return new OptionPath(this.owner, this.path, true);
  }

  /** @param allowed completes the sentence "must be …" */
  mustBe(allowed: string, given: unknown): InternalTokenError {
    if (given === undefined) return this.refused(`is missing; it must be ${allowed}`);
    return this.refused(`must be ${allowed}, not ${this.#shown(given)}`);
  }

  /** @param finding completes the sentence that begins with the name of the option */
  refused(finding: string): InternalTokenError {
    const subject = this.path === '' ? 'the options object' : `"${this.path}"`;
    return new InternalTokenError('configuration_invalid', `${this.owner}: ${subject} ${finding}.`);
  }

  /** @param known the options that exist in this place */
  unknown(name: string, known: readonly string[]): InternalTokenError {
    const near = nearest(name, known);
    const names = known.map((each) => `"${each}"`).join(', ');
    const advice = near === undefined ? `the options are ${names}.` : `did you mean "${this.member(near).path}"?`;
    const { path } = this.member(name.slice(0, LONGEST_SHOWN));
    return new InternalTokenError('configuration_invalid', `${this.owner}: there is no option "${path}"; ${advice}`);
  }

  #shown(given: unknown): string {
    if (typeof given === 'string') return this.#shownText(given);
    if (given === null || typeof given === 'boolean') return String(given);
    if (typeof given === 'number' || typeof given === 'bigint') return this.hidden ? 'a number' : String(given);
    if (Array.isArray(given)) return given.length === 0 ? 'an empty list' : 'a list';
    return typeof given === 'object' ? 'an object' : `a ${typeof given}`;
  }

  #shownText(given: string): string {
    if (given === '') return 'an empty text';
    if (this.hidden || given.length > LONGEST_SHOWN || SECRET.test(given))
      return `a text of ${given.length} characters`;
    return JSON.stringify(given.replace(/\/\/[^/@]*@/, '//…@'));
  }
}

/** The known name that was probably meant: one that goes on, or one that a few letters set right. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.slice(0, LONGEST_SHOWN).toLowerCase();
  const distanceTo = (candidate: string): number =>
    wanted.length > 2 && candidate.startsWith(wanted) ? 1 : editDistance(wanted, candidate);
  const most = Math.max(1, Math.floor(wanted.length / 3));
  const ranked = known.map((candidate) => ({ candidate, distance: distanceTo(candidate.toLowerCase()) }));
  return ranked.filter(({ distance }) => distance <= most).sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** How many letters to insert, remove or replace to turn one text into the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
