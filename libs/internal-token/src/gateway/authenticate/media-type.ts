/** `typ` compared as a media type: any case, with or without `application/` (RFC 7515 section 4.1.9). */
export function mediaType(typ: string): string {
  const lower = typ.toLowerCase();
  const rest = lower.startsWith('application/') ? lower.slice('application/'.length) : lower;
  return rest.includes('/') ? lower : rest;
}
