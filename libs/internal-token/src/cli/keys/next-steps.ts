import type { KeyRotation, SafeRotationPolicy, SigningKeyInfo } from '../../gateway/key-ring/index.js';
import type { Paper } from '../terminal.js';

/** A step, and when it becomes safe. */
export interface NextStep {
  /** What a person does, or what happens automatically. */
  readonly action: 'new' | 'rotate' | 'retire' | 'wait';
  readonly keyId?: string;
  readonly command?: string;
  /** Milliseconds since the epoch; absent if it is safe now. */
  readonly notBefore?: number;
  readonly why: string;
}

/** The next steps, in the order in which they are possible. */
export function nextSteps(
  keys: readonly SigningKeyInfo[],
  rotation: KeyRotation,
  policy: SafeRotationPolicy,
  now: number,
): NextStep[] {
  const active = keys.find(({ state }) => state === 'active');
  if (active === undefined)
    return [{ action: 'new', command: 'nestjs-internal-token keys new', why: 'no key can sign' }];
  const waiting = keys.filter(({ state }) => state === 'published');
  const planned = waiting.find(({ activateAt }) => activateAt !== undefined);
  const steps = keys.filter(({ state }) => state === 'retiring').map((key) => retirement(key, keys, rotation, policy));
  if (planned?.activateAt !== undefined) {
    const { keyId, activateAt } = planned;
    steps.push({ action: 'wait', keyId, notBefore: activateAt, why: signsByItself(policy) });
    const notBefore = activateAt + policy.retireAfterSeconds * 1000;
    steps.push(retire(active.keyId, notBefore, policy));
  } else if (waiting[0] !== undefined) {
    const notBefore = rotation.safeActivation(waiting[0]);
    const ahead = `publish-ahead ${policy.publishAheadSeconds} s`;
    const why = notBefore > now ? `can be planned now, and takes effect then: ${ahead}` : `${ahead} is over`;
    const when = notBefore > now && { notBefore };
    steps.push({
      action: 'rotate',
      keyId: waiting[0].keyId,
      command: 'nestjs-internal-token keys rotate',
      ...when,
      why,
    });
  } else {
    const why =
      policy.rotateEverySeconds === undefined
        ? 'whenever you want a new key'
        : `the gateway does it automatically every ${policy.rotateEverySeconds} s`;
    steps.push({ action: 'rotate', command: 'nestjs-internal-token keys rotate', why });
  }
  return steps.toSorted((a, b) => Math.max(now, a.notBefore ?? now) - Math.max(now, b.notBefore ?? now));
}

function signsByItself({ publishAheadSeconds }: SafeRotationPolicy): string {
  return `it then signs automatically: publish-ahead ${publishAheadSeconds} s`;
}

function retirement(
  key: SigningKeyInfo,
  keys: readonly SigningKeyInfo[],
  rotation: KeyRotation,
  policy: SafeRotationPolicy,
): NextStep {
  return retire(key.keyId, rotation.safeRetirement(keys, key) ?? 0, policy);
}

function retire(keyId: string, notBefore: number, policy: SafeRotationPolicy): NextStep {
  const after = `retire-after ${policy.retireAfterSeconds} s`;
  const why = policy.rotateEverySeconds === undefined ? after : `${after}; the gateway does it automatically`;
  return { action: 'retire', keyId, command: `nestjs-internal-token keys retire ${keyId}`, notBefore, why };
}

export function printSteps(steps: readonly NextStep[], paper: Paper): void {
  const { pen } = paper;
  paper.line();
  paper.line(pen.bold('Next'));
  for (const { action, keyId, command, notBefore, why } of steps) {
    const when = notBefore === undefined || notBefore <= paper.now() ? 'now' : `not before ${paper.moment(notBefore)}`;
    const what = command === undefined ? `${action} for ${keyId}` : pen.cyan(command);
    paper.line(`  ${what}`);
    paper.line(`    ${pen.dim(`${when}; ${why}`)}`);
  }
}

export const stepsAsJson = (steps: readonly NextStep[]): object[] =>
  steps.map(({ notBefore, ...step }) => ({
    ...step,
    ...(notBefore !== undefined && { notBefore: new Date(notBefore) }),
  }));
