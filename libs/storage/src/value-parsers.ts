import { types } from 'pg';

type Parse = (text: string) => unknown;

// pg's types list built-in types only, not their arrays.
const driverParser = types.getTypeParser as (oid: number) => Parse;

/**
 * The two drivers read some types differently. Here they are made equal: int8 and count(*) are numbers; numeric keeps
 * every digit and dates and intervals keep their meaning as text; an instant is a Date; bytes are a Buffer.
 */
const ELEMENTS: readonly { readonly oid: number; readonly arrayOid: number; readonly parse: Parse }[] = [
  { oid: 17, arrayOid: 1001, parse: driverParser(17) }, // bytea
  { oid: 20, arrayOid: 1016, parse: parseInt8 },
  { oid: 1082, arrayOid: 1182, parse: asText }, // date
  { oid: 1114, arrayOid: 1115, parse: asText }, // timestamp
  { oid: 1184, arrayOid: 1185, parse: driverParser(1184) }, // timestamptz
  { oid: 1186, arrayOid: 1187, parse: asText }, // interval
  { oid: 1700, arrayOid: 1231, parse: asText }, // numeric
];

const parseTextArray = driverParser(1009) as (text: string) => unknown[];

export const valueParsers: ReadonlyMap<number, Parse> = new Map(
  ELEMENTS.flatMap(({ oid, arrayOid, parse }) => [
    [oid, parse],
    [arrayOid, (text: string) => parseEach(parseTextArray(text), parse)],
  ]),
);

function parseEach(values: readonly unknown[], parse: Parse): unknown[] {
  return values.map((value) => {
    if (Array.isArray(value)) return parseEach(value, parse);
    return typeof value === 'string' ? parse(value) : value;
  });
}

function asText(text: string): string {
  return text;
}

function parseInt8(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number;
  throw new RangeError(`${text} does not fit a JavaScript number; select it as text.`);
}
