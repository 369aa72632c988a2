export { inProcessPort } from './in-process-port.js';
export { type LocalDomain, PortsModule, type PortsOptions, type RemoteDomain } from './ports.module.js';
export { portController } from './http/port.controller.js';
export { remotePort } from './http/remote-port.js';
