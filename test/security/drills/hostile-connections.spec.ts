import { jest } from '@jest/globals';
import { AttackedProcess } from '../../support/drills/attacked-process.js';
import { drillSize, seededDrill } from '../../support/drills/drill-size.js';
import { attack, hostileConnections } from '../../support/drills/hostile-connection.js';
import { until } from '../../support/drills/until.js';
import { inParallel } from '../../support/http-client.js';
import { ask, head } from '../../support/raw-http.js';

// Starts processes.
jest.setTimeout(300_000);

const CONNECTIONS = drillSize({ ci: 250, full: 2_500 });
const AT_A_TIME = 16;

async function siege(attacked: AttackedProcess, random: () => number): Promise<void> {
  const connections = hostileConnections(attacked.ports, random, CONNECTIONS);
  expect(connections).toHaveLength(CONNECTIONS);
  await inParallel(CONNECTIONS, AT_A_TIME, (index) => attack(connections[index]!));
  for (const { port, credentials } of (await attacked.tell()).ports) {
    expect((await ask(port, head('GET /catalog/items HTTP/1.1', 'Host: a', credentials))).status).toBe(200);
  }
  await until('no request open', async () => (await attacked.tell()).open === 0);
}

describe.each(['fastify', 'express'] as const)('hostile connections to gateway and service (%s)', (platform) => {
  it('R155: keeps all listeners serving without an error after partial requests, pipelines and resets at every byte', () =>
    seededDrill(async (random) => {
      const attacked = await AttackedProcess.start(platform);
      const failure = await siege(attacked, random).catch(String);
      expect({ failure, printed: await attacked.stop() }).toEqual({ failure: undefined, printed: '' });
    }));
});
