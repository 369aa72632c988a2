/**
 * The clients that a TLS listener serves. `any`: all of them. `required`: those with a certificate that one of our
 * authorities has signed. `asked`: those, and clients without a certificate, such as health probes.
 */
export type ClientCertificates = 'any' | 'required' | 'asked';
