import pc from 'picocolors';

export type Pen = ReturnType<typeof pc.createColors>;
export type Paint = (text: string) => string;

/** How to write for people. */
export interface Style {
  readonly pen: Pen;
  /** Columns per line. */
  readonly width: number;
}

/** Below this width only the most important numbers are shown. */
export const NARROW = 80;

/** Without colours, for files and for pasting. */
export const plain = (width = 100): Style => ({ pen: pc.createColors(false), width });

/** Only failures are red; refusals and warnings are yellow. */
const SERVICE_COLOURS = ['cyan', 'green', 'magenta', 'blue', 'cyanBright', 'greenBright', 'magentaBright'] as const;

/** A colour for each service, in order of appearance. */
export function serviceColours(services: readonly string[], pen: Pen): (service: string) => Paint {
  const colours = new Map(
    services.map((service, index) => [service, pen[SERVICE_COLOURS[index % SERVICE_COLOURS.length] ?? 'cyan']]),
  );
  return (service) => colours.get(service) ?? String;
}

/** The style of an outcome: failed, refused, successful. */
export function outcomePaint(failed: boolean, status: number | string | undefined, pen: Pen): Paint {
  if (failed) return pen.red;
  return status === 'error' || Number(status) >= 400 ? pen.yellow : pen.green;
}
