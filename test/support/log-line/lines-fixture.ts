// A suite that test/contract/every-line.spec.ts runs: two of its lines violate the schema.
import { Readable } from 'node:stream';
import { InternalTokenLogger } from 'nestjs-internal-token/logging';
import { LogLines } from '../../../scripts/lib/log-lines.mjs';

const destination = { write: () => undefined };

it('writes lines, two of them invalid', async () => {
  new InternalTokenLogger({ service: 'orders', format: 'pretty', destination }).log('a good line', { items: 3 });
  new InternalTokenLogger({ service: '', format: 'pretty', destination }).log('a line without a service');

  const log = new LogLines();
  const read = log.next(({ msg }: { msg?: string }) => msg === 'a line without a time');
  log.read(Readable.from(['{"level":"info","msg":"a line without a time","service":"a","instance":"b"}\n']), 'orders');
  await read;
});
