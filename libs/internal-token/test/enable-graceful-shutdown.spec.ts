import { jest } from '@jest/globals';
import { constants } from 'node:os';
import { GracefulShutdown } from 'nestjs-internal-token';
import { holdTimers } from '../../../test/support/held-timers.js';
import { ADAPTERS, start } from './support/adapters.js';

/** Stands for the platform's signal; nothing else here listens for it. */
const SIGNAL = 'SIGUSR2';

describe('GracefulShutdown.enable()', () => {
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it('R164: a second signal exits with 128 plus its number, which also ends process 1 of a container', async () => {
    holdTimers();
    const exit = jest.spyOn(process, 'exit').mockImplementation((() => undefined) as never);
    // In process 1 the kernel ignores a signal without a handler, so sending the signal again would have no effect.
    const kill = jest.spyOn(process, 'kill').mockImplementation(() => true);
    const options = { signals: [SIGNAL], delayMs: 1_000 } as const;
    const { app } = await start(ADAPTERS[0], { prepare: (it) => GracefulShutdown.enable(it, options) });
    process.emit(SIGNAL, SIGNAL);
    process.emit(SIGNAL, SIGNAL);
    // The same key press, from the terminal and from npm.
    expect(exit).not.toHaveBeenCalled();
    jest.advanceTimersByTime(501);
    process.emit(SIGNAL, SIGNAL);
    expect(exit.mock.calls).toEqual([[128 + constants.signals[SIGNAL]]]);
    expect(kill).not.toHaveBeenCalled();
    await app.close();
  });
});
