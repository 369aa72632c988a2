import pc from 'picocolors';

export type Pen = ReturnType<typeof pc.createColors>;
export type Paint = (text: string) => string;

/** How something is written for people. */
export interface Style {
  readonly pen: Pen;
  /** Columns a line. */
  readonly width: number;
}

/** Columns below which only the most telling numbers are shown. */
export const NARROW = 80;

/** Without colours, for files and for pasting. */
export const plain = (width = 100): Style => ({ pen: pc.createColors(false), width });

/** Red is left to failures, yellow to refusals and warnings. */
const SERVICE_COLOURS = ['cyan', 'green', 'magenta', 'blue', 'cyanBright', 'greenBright', 'magentaBright'] as const;

/** A colour for each service, in the order in which they come. */
export function serviceColours(services: readonly string[], pen: Pen): (service: string) => Paint {
  const colours = new Map(
    services.map((service, index) => [service, pen[SERVICE_COLOURS[index % SERVICE_COLOURS.length] ?? 'cyan']]),
  );
  return (service) => colours.get(service) ?? String;
}

/** How an outcome looks: failed, refused, fine. */
export function outcomePaint(failed: boolean, status: number | string | undefined, pen: Pen): Paint {
  if (failed) return pen.red;
  return status === 'error' || Number(status) >= 400 ? pen.yellow : pen.green;
}
