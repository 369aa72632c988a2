import generated from 'opentelemetry-protos/build/src/generated/root.js';

/** A message type that protobufjs builds from a definition. */
interface MessageType {
  fromObject(plain: object): object;
  /** What is wrong, or null. */
  verify(message: object): string | null;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: { longs: typeof String; json: boolean }): object;
}

interface Definitions {
  readonly opentelemetry: {
    readonly proto: { readonly collector: { readonly trace: { readonly v1: Record<string, MessageType> } } };
  };
}

/** Hexadecimal in OTLP's JSON, base64 in protobuf's. */
const IDS = new Set(['traceId', 'spanId', 'parentSpanId']);
const BYTES: Readonly<Record<string, number>> = { traceId: 16, spanId: 8, parentSpanId: 8 };

/**
 * What a receiver understands of a JSON request by the official OpenTelemetry protocol definitions: the request is
 * converted to its binary form and back. Members that are unknown or of another type are missing or changed.
 *
 * @throws if the definitions refuse it
 */
export function asUnderstood(request: object): unknown {
  const type = (generated as unknown as Definitions).opentelemetry.proto.collector.trace.v1[
    'ExportTraceServiceRequest'
  ];
  if (type === undefined) throw new Error('the definitions have no ExportTraceServiceRequest');
  const message = type.fromObject(mapIds(request, toBytes) as object);
  const complaint = type.verify(message);
  if (complaint !== null) throw new Error(complaint);
  const received = type.decode(type.encode(message).finish());
  // It decodes bytes to buffers unless told otherwise.
  return mapIds(type.toObject(received, { longs: String, json: false }), toHex);
}

/** Without empty lists, which the binary form cannot express. */
export function withoutEmptyLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyLists);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, member]) => !Array.isArray(member) || member.length > 0);
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutEmptyLists(member)]));
}

function mapIds(value: unknown, map: (name: string, id: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapIds(item, map));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  return Object.fromEntries(
    members.map(([name, member]) => [name, IDS.has(name) ? map(name, member) : mapIds(member, map)]),
  );
}

function toBytes(name: string, id: unknown): Uint8Array {
  const length = BYTES[name] ?? 0;
  if (typeof id !== 'string' || !new RegExp(`^[0-9a-f]{${length * 2}}$`).test(id) || /^0+$/.test(id)) {
    throw new Error(`${name}: ${String(id)} is not an id`);
  }
  return Buffer.from(id, 'hex');
}

function toHex(_name: string, id: unknown): string {
  return Buffer.from(id as Uint8Array).toString('hex');
}
