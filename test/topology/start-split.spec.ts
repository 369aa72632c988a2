import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, isListening } from '../../scripts/lib/free-ports.mjs';
import { openShopDatabase, type ShopDatabase } from '../support/topology/shop-database.js';
import { WORKSPACE } from '../support/workspace-files.js';

describe('npm run start:split', () => {
  const directory = mkdtempSync(join(tmpdir(), 'start-split-'));
  let database: ShopDatabase;
  let ports: number[];
  let running: ChildProcess;
  let output = '';

  beforeAll(async () => {
    database = await openShopDatabase();
  });

  beforeEach(async () => {
    output = '';
    ports = await freePorts(4);
    const [PORT, INTERNAL_PORT, DEV_IDP_PORT, CATALOG_PORT] = ports.map(String);
    const { PATH, HOME } = process.env;
    running = spawn(process.execPath, ['scripts/start-split.mjs', '--built', 'catalog'], {
      cwd: WORKSPACE,
      env: {
        PATH,
        HOME,
        PORT,
        INTERNAL_PORT,
        DEV_IDP_PORT,
        CATALOG_PORT,
        DEV_DIRECTORY: directory,
        LOG_FORMAT: 'json',
        ...database.settings,
      },
    });
    const ready = new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        output += chunk.toString();
        if (output.includes('2 processes are ready')) resolve();
      };
      running.stdout?.on('data', take);
      running.stderr?.on('data', take);
      running.once('close', () => reject(new Error(output)));
    });
    await ready;
  });

  afterEach(async () => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGTERM');
    await once(running, 'close');
  });

  afterAll(async () => {
    await database?.drop();
    rmSync(directory, { recursive: true, force: true });
  });

  const listening = (): Promise<boolean[]> => Promise.all(ports.map((port) => isListening(port) as Promise<boolean>));

  it('prefixes lines with their process, and stops all processes on Ctrl-C', async () => {
    expect(output).toMatch(/^gateway │ \{"time"/m);
    expect(output).toMatch(/^catalog │ \{"time"/m);
    expect(await listening()).toEqual([true, true, true, true]);
    running.kill('SIGINT');
    expect(await once(running, 'close')).toEqual([0, null]);
    expect(await listening()).toEqual([false, false, false, false]);
  });

  it('names a process that died, stops the others and exits with an error', async () => {
    const [, pid = ''] = /^catalog │ .*"instance":"[^"]*-(\d+)"/m.exec(output) ?? [];
    process.kill(Number(pid), 'SIGKILL');
    expect(await once(running, 'close')).toEqual([1, null]);
    expect(output).toContain('catalog was killed by SIGKILL');
    expect(await listening()).toEqual([false, false, false, false]);
  });
});
