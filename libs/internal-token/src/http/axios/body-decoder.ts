import { promisify } from 'node:util';
import { brotliDecompress, constants, inflateRaw, unzip, zstdDecompress } from 'node:zlib';

type Decode = (body: Buffer, options: { readonly maxOutputLength?: number }) => Promise<Buffer>;

const [unzipped, inflatedRaw] = [promisify(unzip), promisify(inflateRaw)];
/** As in axios, a body may end early. */
const LENIENT = { finishFlush: constants.Z_SYNC_FLUSH };
const ZLIB_HEADER = 0x78;

const gzip: Decode = (body, options) => unzipped(body, { ...options, ...LENIENT });
/** Some servers send it without its header. */
const deflate: Decode = (body, options) =>
  body[0] === ZLIB_HEADER ? gzip(body, options) : inflatedRaw(body, { ...options, ...LENIENT });

const CODINGS = new Map<unknown, Decode>([
  ['gzip', gzip],
  ['x-gzip', gzip],
  ['compress', gzip],
  ['x-compress', gzip],
  ['deflate', deflate],
  ['br', promisify(brotliDecompress)],
  ['zstd', promisify(zstdDecompress)],
]);

/** The function that decodes bodies with this `Content-Encoding`; undefined if there is none or it is not known. */
export function bodyDecoder(coding: unknown): Decode | undefined {
  return typeof coding === 'string' ? CODINGS.get(coding.toLowerCase()) : undefined;
}
