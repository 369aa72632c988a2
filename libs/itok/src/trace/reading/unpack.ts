import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';

const CHUNK = 262_144;

/** Detected by the first bytes, whatever the file name. */
const FORMATS: readonly { readonly magic: Buffer; readonly unpack: () => Gunzip | ZstdDecompress }[] = [
  { magic: Buffer.of(0x1f, 0x8b), unpack: () => createGunzip({ chunkSize: CHUNK }) },
  { magic: Buffer.of(0x28, 0xb5, 0x2f, 0xfd), unpack: () => createZstdDecompress({ chunkSize: CHUNK }) },
];
const LONGEST_MAGIC = 4;

/**
 * An archive that ends too early, or holds something that cannot be unpacked. Everything before the damage is valid.
 */
export class DamagedArchiveError extends Error {
  constructor(options?: ErrorOptions) {
    super('the archive is damaged or cut off; it was read up to there', options);
    this.name = 'DamagedArchiveError';
  }
}

/**
 * Passes on the content of a file or stream, with gzip and zstd unpacked. `take` must not use a chunk after it returns.
 *
 * @throws DamagedArchiveError after everything that could be unpacked
 */
export async function unpack(source: AsyncIterable<Buffer>, take: (chunk: Buffer) => void): Promise<void> {
  const chunks = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  // A pipe may deliver its first bytes one by one.
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
  // Never full, so that no unpacked data waits in the buffer and is lost if the archive is damaged.
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
  // Node unpacks all of several concatenated gzip archives, but only the first of several zstd ones, and ignores the
  // rest silently.
  if (unpacker.bytesWritten < given) throw new DamagedArchiveError();
}
