import { safeRotationPolicy } from './rotation-policy.js';

describe('A rotation policy', () => {
  it('R104: the default policy covers what verifiers and tokens need', () => {
    expect(safeRotationPolicy({}, 60)).toEqual({
      rotateEverySeconds: undefined,
      publishAheadSeconds: 345, // 300 s plus 10 % jitter, and 5 s each for the other replicas, the transfer and the clocks
      retireAfterSeconds: 75, // 60 s, a leeway of 5 s, and two polls of the other replicas
      refreshIntervalSeconds: 300,
      leewaySeconds: 5,
      pollSeconds: 5,
    });
  });

  it('adapts to verifiers that refresh twice a second', () => {
    const policy = safeRotationPolicy(
      { rotateEverySeconds: 2, refreshIntervalSeconds: 0.5, publishAheadSeconds: 1, leewaySeconds: 0 },
      5,
    );
    expect(policy).toMatchObject({ publishAheadSeconds: 1, retireAfterSeconds: 5.1, pollSeconds: 0.05 });
  });

  it.each([
    [
      'a key that signs before verifiers know it',
      { publishAheadSeconds: 300 },
      60,
      '"rotation.publishAheadSeconds" is 300',
      '345',
    ],
    [
      'a key that may sign too early by a clock that is ahead',
      { publishAheadSeconds: 344 },
      60,
      'differ by 5 s',
      '345',
    ],
    [
      'a key that signs before verifiers with a longer interval know it',
      { publishAheadSeconds: 345, refreshIntervalSeconds: 600 },
      60,
      '345',
      '675',
    ],
    [
      'a key that is removed before its last token expires',
      { retireAfterSeconds: 60 },
      60,
      '"rotation.retireAfterSeconds" is 60',
      '65',
    ],
    [
      'a key that is removed before its last long-lived token expires',
      { retireAfterSeconds: 300 },
      300,
      '"rotation.retireAfterSeconds" is 300',
      '305',
    ],
    [
      'a rotation interval shorter than the publication time',
      { rotateEverySeconds: 60 },
      60,
      '"rotation.rotateEverySeconds" is 60',
      '345',
    ],
    ['more keys than verifiers accept', { rotateEverySeconds: 345, retireAfterSeconds: 86_400 }, 60, '345', '253'],
    ['an unknown option', { rotateEvery: 5 }, 60, '"rotation.rotateEvery"', 'rotateEverySeconds'],
    [
      'a value that is not a number',
      { rotateEverySeconds: '1d' },
      60,
      '"rotation.rotateEverySeconds" must be',
      'seconds',
    ],
    ['a negative value', { leewaySeconds: -1 }, 60, '"rotation.leewaySeconds" must be', 'not -1'],
  ])('R104: refuses %s, naming the numbers', (_name, policy, lifetime, given, needed) => {
    const resolving = () => safeRotationPolicy(policy as never, lifetime);
    expect(resolving).toThrow(expect.objectContaining({ code: 'configuration_invalid' }));
    expect(resolving).toThrow(given);
    expect(resolving).toThrow(needed);
  });
});
