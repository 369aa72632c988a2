import { types } from 'pg';

type Parse = (text: string) => unknown;

// pg's types list built-in types only, not their arrays.
const driverParser = types.getTypeParser as (oid: number) => Parse;

/**
 * Makes the two drivers read all types alike: int8 and count(*) as numbers; numeric as text, to keep every digit; dates
 * and intervals as text, to keep their meaning; an instant as a Date; bytes as a Buffer.
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
  throw new RangeError(`${text} is too large for a JavaScript number; select it as text.`);
}
