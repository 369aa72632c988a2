import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSigner } from '../../core/index.js';
import { runCommand } from '../index.js';

const START = Date.parse('2026-03-01T14:00:00Z');

interface Listed {
  readonly keyId: string;
  readonly state: string;
  readonly activateAt?: string;
}

describe('nestjs-internal-token keys', () => {
  let folder: string;
  let directory: string;
  let now: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keys-'));
    directory = join(folder, 'keys');
    now = START;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const command = async (...args: string[]) => {
    let out = '';
    let error = '';
    const terminal = {
      out: (text: string) => (out += text),
      error: (text: string) => (error += text),
      colours: false,
      now: () => now,
    };
    return { code: await runCommand(args, terminal), out, error };
  };
  const keys = (...args: string[]) => command('keys', ...args, '--directory', directory);
  const json = async (...args: string[]) => {
    const { code, out, error } = await keys(...args, '--json');
    if (code !== 0) throw new Error(error);
    return JSON.parse(out) as { keyId: string; keys: Listed[]; next: { action: string; notBefore?: string }[] };
  };

  it('creates a first key that signs at once and is readable only by its owner', async () => {
    const { keyId, next } = await json('new');
    expect(readdirSync(directory)).toEqual([`${keyId}.json`]);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, `${keyId}.json`)).mode & 0o777).toBe(0o600);
    expect(next).toEqual([expect.objectContaining({ action: 'rotate', command: 'nestjs-internal-token keys rotate' })]);
  });

  it('says at each step of a rotation what is safe and when', async () => {
    const { keyId: old } = await json('new');
    const rotated = await keys('rotate');
    expect(rotated.out).toContain('signs from 2026-03-01 14:05:45Z (in 5 min 45 s)');
    expect(rotated.out).toContain('not before 2026-03-01 14:05:45Z (in 5 min 45 s); it then signs automatically');
    expect(rotated.out).toContain('publish-ahead 345 s');
    expect(rotated.out).toMatch(new RegExp(`retire ${old}\n +not before 2026-03-01 14:07:00Z`));
    now += 345_000;
    const tooEarly = await keys('retire', old);
    expect([tooEarly.code, tooEarly.out]).toEqual([3, '']);
    expect(tooEarly.error).toContain('Not before 2026-03-01 14:07:00Z (in 1 min 15 s).');
    expect(tooEarly.error).toContain('--force does it now: verifiers refuse them');
    now += 75_000;
    expect((await json('list')).next[0]).toMatchObject({ action: 'retire', keyId: old });
    expect((await json('retire', old.slice(0, 8))).keys.map(({ state }) => state)).toEqual(['active', 'retired']);
  });

  it('shows the keys in a table, the active one first', async () => {
    const { keyId } = await json('new');
    await keys('new');
    const { out } = await keys('list');
    const [head, first, second] = out.split('\n');
    expect(head).toMatch(/^key +state +algorithm +published +signs from +retired$/);
    expect(first).toBe(`${keyId}  active     ES256      2026-03-01 14:00:00Z  2026-03-01 14:00:00Z`);
    expect(second).toMatch(/^\S{43} {2}published {2}ES256/);
  });

  it('tells programs when a refused change will be safe', async () => {
    const { keyId } = await json('new');
    await json('rotate');
    const { code, error } = await keys('rotate', '--now', '--json');
    expect(code).toBe(3);
    expect(JSON.parse(error)).toMatchObject({ exitCode: 3, notBefore: '2026-03-01T14:05:45.000Z' });
    expect((await keys('retire', keyId)).code).toBe(3);
  });

  it('R108: makes the unsafe change with --force, and states the consequence', async () => {
    const { keyId: stolen } = await json('new');
    const { code, error } = await keys('retire', stolen, '--force');
    expect([code, error]).toEqual([0, expect.stringContaining('verifiers refuse every token signed with it')]);
    const [active, retired] = (await json('list')).keys;
    expect([active?.state, retired]).toEqual(['active', expect.objectContaining({ keyId: stolen, state: 'retired' })]);
    const changed = await keys('rotate', '--now', '--force');
    expect([changed.code, changed.error]).toEqual([0, expect.stringContaining('services fetch the unknown key')]);
  });

  it.each([
    ['R5: HS256', ['new', '--algorithm', 'HS256'], 'symmetric'],
    ['R5: none', ['new', '--algorithm', 'none'], 'no signature'],
    ['R6: a weak RSA key', ['new', '--algorithm', 'RS256', '--modulus-bits', '1024'], '1024 bits'],
    ['no number', ['new', '--modulus-bits', 'many'], 'whole number'],
    ['a lifetime beyond the longest', ['list', '--lifetime', '301'], 'from 1 to 300'],
    ['R104: an unsafe policy', ['list', '--policy', '{"publishAheadSeconds":10}'], 'at least 345'],
    ['a policy that is not JSON', ['list', '--policy', 'daily'], 'Give a JSON object'],
    ['a policy that is not an object', ['list', '--policy', 'null'], 'Give a JSON object'],
    ['an unknown key', ['retire', 'unheard-of'], 'There is no key unheard-of'],
    ['a rotation without a key', ['rotate'], 'nestjs-internal-token keys new'],
    ['a file that is not a key', ['new', '--from', import.meta.filename], 'not an unencrypted PEM private key'],
    ['R177: a key file that everybody can write', ['new', '--from', '/dev/null'], 'everybody can write it'],
    ['an unknown command', ['lsit'], 'Did you mean list?'],
  ])('refuses %s', async (_name, args, said) => {
    await json('new');
    if (args[0] === 'rotate') rmSync(directory, { recursive: true });
    const { code, error, out } = await keys(...args);
    expect([code, out]).toEqual([2, '']);
    expect(error).toContain(said);
  });

  it('follows the rotation policy of the gateway', async () => {
    await json('new');
    const policy = JSON.stringify({ refreshIntervalSeconds: 60, rotateEverySeconds: 3600 });
    const { out } = await keys('rotate', '--policy', policy, '--lifetime', '30');
    expect(out).toContain('14:01:13Z');
    expect(out).toContain('the gateway does it automatically');
  });

  it('R101, R111: every command prints only public members', async () => {
    const { keyId } = await json('new');
    await json('rotate');
    const { d } = (JSON.parse(readFileSync(join(directory, `${keyId}.json`), 'utf8')) as { key: { d: string } }).key;
    const { keys: published } = JSON.parse((await keys('jwks')).out) as { keys: object[] };
    expect(published).toHaveLength(2);
    const pem = (await keys('pem')).out;
    expect(createPublicKey(pem).export({ format: 'jwk' })).toEqual(
      expect.objectContaining({ x: (published[0] as { x: string }).x }),
    );
    for (const args of [
      ['list'],
      ['list', '--json'],
      ['jwks'],
      ['pem', keyId],
      ['new'],
      ['retire', keyId, '--force'],
    ]) {
      const { out, error } = await keys(...args);
      expect(`${out}${error}`).not.toContain(d);
      expect(`${out}${error}`).not.toContain('"d"');
    }
  });

  it('imports an existing key under the id that its tokens have', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const file = join(folder, 'key.pem');
    writeFileSync(file, key.export({ type: 'pkcs8', format: 'pem' }));
    const { keyId } = await json('new', '--from', file);
    expect(keyId).toBe((await createSigner({ key })).keyId);
    expect((await keys('new', '--from', file)).error).toContain('already has this key');
  });

  it('warns about an invalid file and uses the others', async () => {
    await json('new');
    writeFileSync(join(directory, 'broken.json'), '{', { mode: 0o600 });
    const { code, error } = await keys('list');
    expect([code, error]).toEqual([0, '! broken.json is not used: it is not JSON\n']);
  });

  it('has a help text for each command, which is not an error', async () => {
    for (const args of [[], ['keys'], ['keys', 'new'], ['keys', 'rotate'], ['keys', 'retire'], ['keys', 'jwks']]) {
      const { code, out, error } = await command(...args, '--help');
      expect([code, error]).toEqual([0, '']);
      expect(out).toContain('Usage: nestjs-internal-token');
    }
    expect((await command('keys', '--help')).out).toContain('The life of a key');
    expect((await command('keys', 'list')).error).toContain('INTERNAL_TOKEN_KEYS_DIRECTORY');
  });
});
