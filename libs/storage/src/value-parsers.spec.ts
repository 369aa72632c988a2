import { jest } from '@jest/globals';
import { sql } from 'kysely';
import { drivers, type OpenBackend } from '../../../test/support/storage/backends.js';
import { NotesApp } from '../../../test/support/storage/notes.js';
import { uniqueName } from '../../../test/support/storage/test-server.js';

// Opens embedded databases.
jest.setTimeout(300_000);

describe.each(drivers)('values read from $name', ({ open }) => {
  const domain = uniqueName('values');
  let backend: OpenBackend;
  let app: NotesApp;

  beforeAll(async () => {
    backend = await open();
    app = await NotesApp.start(backend.options, domain);
  });

  afterAll(async () => {
    await app.close();
    await backend.close(domain);
  });

  async function read(expression: string): Promise<unknown> {
    const query = sql<{ value: unknown }>`select ${sql.raw(expression)} as value`;
    const { rows } = await app.as('acme', () => app.notes.transaction((trx) => query.execute(trx)));
    return rows[0]?.value;
  }

  const noon = new Date('2026-11-01T12:00:00.123Z');

  it.each([
    ['int4', '7::int4', 7],
    ['int8', '9007199254740991::int8', 9007199254740991],
    ['count', '(select count(*) from notes)', 0],
    ['a sum of int8', '(select sum(id) from notes)', null],
    ['int8[]', 'array[1, null, 3]::int8[]', [1, null, 3]],
    ['numeric, to the last digit', '12345678901234567890.10::numeric', '12345678901234567890.10'],
    ['numeric[]', 'array[1.10, 2]::numeric[]', ['1.10', '2']],
    ['float8', '0.5::float8', 0.5],
    ['bool', 'true', true],
    ['text[]', `array['a', 'b,c', null]`, ['a', 'b,c', null]],
    ['timestamptz', `'2026-11-01T13:00:00.123+01'::timestamptz`, noon],
    ['timestamptz[]', `array['2026-11-01T12:00:00.123Z'::timestamptz]`, [noon]],
    ['timestamp, which is no instant', `'2026-11-01T12:00:00'::timestamp`, '2026-11-01 12:00:00'],
    ['date, which is no instant', `'2026-11-01'::date`, '2026-11-01'],
    ['interval', `interval '90 minutes'`, '01:30:00'],
    ['jsonb', `'{"a":[1,{"b":null}]}'::jsonb`, { a: [1, { b: null }] }],
    ['uuid', `'018f3b1c-0000-7000-8000-000000000000'::uuid`, '018f3b1c-0000-7000-8000-000000000000'],
    ['bytea', `'\\x0001ff'::bytea`, Buffer.from([0, 1, 255])],
    ['null', 'null::int8', null],
  ])('%s', async (_, expression, expected) => {
    expect(await read(expression)).toStrictEqual(expected);
  });

  it('an int8 that is too large for a number is an error, not another number', async () => {
    await expect(read('9007199254740993::int8')).rejects.toThrow('9007199254740993');
  });
});
