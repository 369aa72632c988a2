// A suite that test/contract/every-line.spec.ts runs: two of its lines violate the schema.
import { Readable } from 'node:stream';
import { InternalTokenLogger } from 'nestjs-internal-token/logging';
import { LogLines } from '../../../scripts/lib/log-lines.mjs';

const destination = { write: () => undefined };

it('writes lines, two of them invalid', async () => {
  new InternalTokenLogger({ service: 'orders', format: 'pretty', destination }).log('a good line', { items: 3 });
  const clock = () => -1;
  new InternalTokenLogger({ service: 'orders', format: 'pretty', destination, clock }).log('a line before 1970');

  const log = new LogLines();
  const read = log.next(({ msg }: { msg?: string }) => msg === 'a line without a time');
  log.read(Readable.from(['{"level":"info","msg":"a line without a time","service":"a","instance":"b"}\n']), 'orders');
  await read;
});
