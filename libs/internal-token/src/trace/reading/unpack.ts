import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';

const CHUNK = 262_144;

/** By what they begin with, whatever their names are. */
const FORMATS: readonly { readonly magic: Buffer; readonly unpack: () => Gunzip | ZstdDecompress }[] = [
  { magic: Buffer.of(0x1f, 0x8b), unpack: () => createGunzip({ chunkSize: CHUNK }) },
  { magic: Buffer.of(0x28, 0xb5, 0x2f, 0xfd), unpack: () => createZstdDecompress({ chunkSize: CHUNK }) },
];
const LONGEST_MAGIC = 4;

/** An archive that ends too early, or holds something that cannot be unpacked. What came out before is good. */
export class DamagedArchiveError extends Error {
  constructor(options?: ErrorOptions) {
    super('the archive is damaged or cut off: what could be unpacked was read', options);
    this.name = 'DamagedArchiveError';
  }
}

/**
 * Hands on what a file or a stream holds, gzip and zstd unpacked. `take` is done with a chunk when it returns.
 *
 * @throws DamagedArchiveError after everything that could be unpacked
 */
export async function unpack(source: AsyncIterable<Buffer>, take: (chunk: Buffer) => void): Promise<void> {
  const chunks = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  // A pipe may bring its first bytes one by one.
  while (head.length < LONGEST_MAGIC) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  const format = FORMATS.find(({ magic }) => head.subarray(0, magic.length).equals(magic));
  const rest = { [Symbol.asyncIterator]: () => chunks };
  if (format !== undefined) return unpackWith(format.unpack(), head, rest, take);
  if (head.length > 0) take(head);
  for await (const chunk of rest) take(chunk);
}

async function unpackWith(
  unpacker: Gunzip | ZstdDecompress,
  head: Buffer,
  rest: AsyncIterable<Buffer>,
  take: (chunk: Buffer) => void,
): Promise<void> {
  let given = 0;
  async function* packed(): AsyncGenerator<Buffer> {
    given += head.length;
    yield head;
    for await (const chunk of rest) {
      given += chunk.length;
      yield chunk;
    }
  }
  // Never full, so that nothing waits before it and is lost when the archive turns out to be damaged.
  const sink = new Writable({
    highWaterMark: Number.MAX_SAFE_INTEGER,
    write(chunk: Buffer, _encoding, done) {
      try {
        take(chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  let damage: unknown;
  unpacker.once('error', (error: NodeJS.ErrnoException) => {
    if (/^(Z_|ZSTD_)/.test(error.code ?? '')) damage = error;
  });
  try {
    await pipeline(packed, unpacker, sink);
  } catch (error) {
    throw damage === undefined ? error : new DamagedArchiveError({ cause: damage });
  }
  // Node unpacks several gzip archives in a row, of several zstd ones the first; it says nothing about what it leaves.
  if (unpacker.bytesWritten < given) throw new DamagedArchiveError();
}
