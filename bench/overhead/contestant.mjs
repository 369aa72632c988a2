// A service process, driven over loopback; measures the CPU time of a number of requests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ftruncateSync, openSync, closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';

const CONNECTIONS = 16;
/** The line of a request is written when its response has closed, shortly after the client has read it. */
const SETTLE_MS = 20;

const at = (file) => fileURLToPath(new URL(file, import.meta.url));

export class Contestant {
  /** @param setting what every service receives: `keys`, `peer`, `trustDomain` */
  static async start(variant, setting, directory, index, nodeOptions = []) {
    const file = variant.output === 'null' ? '/dev/null' : join(directory, `${index}.out`);
    // Append mode: a truncated file is written from its beginning.
    const output = openSync(file, 'a');
    const hooks = ['../lib/use-package.mjs', ...(variant.otel ? ['opentelemetry.mjs'] : [])];
    const imports = hooks.flatMap((hook) => ['--import', at(hook)]);
    const child = spawn(process.execPath, [...nodeOptions, ...imports, at('service.mjs')], {
      stdio: ['ignore', output, 'inherit', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production', OVERHEAD: JSON.stringify({ variant, ...setting }) },
    });
    const [{ port } = {}] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [])]);
    if (port === undefined) throw new Error(`the service of "${variant.name}" did not start`);
    return new Contestant(variant, child, file, output, port);
  }

  constructor(variant, child, file, output, port) {
    Object.assign(this, { variant, child, file, output });
    this.pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS });
  }

  /** Requests `path` once with every token. @returns microseconds of CPU per request, and MiB of memory */
  async round(path, tokens) {
    if (this.variant.output !== 'null') ftruncateSync(this.output, 0);
    const before = await this.#ask();
    const rest = tokens.values();
    await Promise.all(Array.from({ length: CONNECTIONS }, () => this.#drive(path, rest)));
    await pause(SETTLE_MS);
    const after = await this.#ask();
    this.#check(after.spans - before.spans, tokens.length);
    return { cpu: (after.cpu - before.cpu) / tokens.length, memory: after.rss / 2 ** 20 };
  }

  async stop() {
    await this.pool.close();
    this.child.disconnect();
    await once(this.child, 'exit');
    closeSync(this.output);
  }

  async #drive(path, tokens) {
    for (const token of tokens) {
      const { statusCode, body } = await this.pool.request({ path, method: 'GET', headers: { 'txn-token': token } });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`${this.variant.name}: ${statusCode} ${text}`);
    }
  }

  async #ask() {
    this.child.send('numbers');
    const [numbers] = await once(this.child, 'message');
    return numbers;
  }

  /** A variant that does not do its work would look cheapest. */
  #check(spans, requests) {
    const { name, lines, log, otel, output } = this.variant;
    if (output === 'null') return;
    const left = otel ? spans : readFileSync(this.file, 'latin1').split('\n').length - 1;
    if (log === undefined && otel === undefined && left > 0) throw new Error(`${name}: ${left} lines, expected none`);
    const exact = lines === 0 || Number.isInteger(lines);
    if (exact && left !== lines * requests)
      throw new Error(`${name}: ${left} lines or spans, expected ${lines * requests}`);
    if (!exact && left > lines * requests * 5)
      throw new Error(`${name}: ${left} lines or spans are too many for sampling`);
    if (otel === 'write' && readFileSync(this.file).length < 100 * spans) throw new Error(`${name}: nothing written`);
  }
}
